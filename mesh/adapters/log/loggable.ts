/** Logs: JSON lines that no outside value can forge or flood (threat S34). */

const VALUE_BYTES = 256;
const KEY = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;
/** Names that the line itself uses: a field of such a name would stand in it twice. */
const RESERVED: ReadonlySet<string> = new Set(['level', 'time', 'msg']);
const FIELDS = 32;
const ITEMS = 32;
const DEPTH = 3;
/** What JSON leaves as it is though terminals and viewers act on it: DEL, C1, line separators, bidirectional overrides. */
const ACTIVE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/**
 * Fields as they may stand in a log line: strings escaped and cut to 256 bytes of UTF-8, errors as name, message and
 * cause, at most 32 fields and 32 items, 3 deep. Keys that are no plain word are spelled with `_`.
 */
export function loggableFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return fieldsAt(fields, DEPTH);
}

/** One string: control characters written as `\u{9b}`, cut to 256 bytes with `...` at the end. */
export function loggableText(text: string): string {
  const cut = cutToBytes(text.slice(0, VALUE_BYTES + 1), VALUE_BYTES);
  const shown = cut.toWellFormed().replace(ACTIVE, (char) => `\\u{${char.charCodeAt(0).toString(16)}}`);
  return cut.length < text.length ? `${shown}...` : shown;
}

function cutToBytes(text: string, bytes: number): string {
  if (text.length * 3 <= bytes || Buffer.byteLength(text) <= bytes) return text;
  let end = Math.min(text.length, bytes);
  while (Buffer.byteLength(text.slice(0, end)) > bytes) end -= 1;
  return text.slice(0, end);
}

function fieldsAt(fields: Readonly<Record<string, unknown>>, depth: number): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  let count = 0;
  for (const [key, value] of Object.entries(fields)) {
    if (value === undefined || typeof value === 'function') continue;
    count += 1;
    if (count > FIELDS) break;
    shown[loggableKey(key)] = valueAt(value, depth - 1);
  }
  return shown;
}

function loggableKey(key: string): string {
  const plain = KEY.test(key) ? key : `_${key.slice(0, 62).replace(/[^A-Za-z0-9_.-]/g, '_')}`;
  return RESERVED.has(plain) || plain in Object.prototype ? `${plain}_` : plain;
}

function valueAt(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return loggableText(value);
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  if (typeof value === 'bigint') return loggableText(value.toString());
  if (typeof value !== 'object') return `[${typeof value}]`;
  if (depth <= 0) return '[deep]';
  if (value instanceof Error) return errorAt(value, depth);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString();
  if (value instanceof Map) return fieldsAt(Object.fromEntries(value) as Record<string, unknown>, depth);
  if (Array.isArray(value) || value instanceof Set) {
    return Array.from(value as Iterable<unknown>)
      .slice(0, ITEMS)
      .map((item) => valueAt(item, depth - 1));
  }
  return fieldsAt(value as Record<string, unknown>, depth);
}

function errorAt(error: Error, depth: number): Record<string, unknown> {
  const { name, message, cause } = error;
  const code = (error as NodeJS.ErrnoException).code;
  return fieldsAt({ name, message, code, cause }, depth);
}
