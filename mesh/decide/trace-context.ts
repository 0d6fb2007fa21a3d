/**
 * Trace context in HTTP headers: W3C Trace Context (`traceparent`, `tracestate`) and B3 (single `b3`, or `x-b3-*`).
 * What came in decides what is sent on, so that applications that speak only one of them stay in one trace.
 */
import type { SpanContext } from '../model/span-context.ts';

export type TraceFormat = 'w3c' | 'b3' | 'b3-multi';

export interface TraceContext {
  /** The caller's span; absent when none came, or what came is malformed. */
  readonly parent?: SpanContext;
  /** The formats that came, malformed ones included: those that are sent on. `w3c` when none came. */
  readonly formats: readonly TraceFormat[];
  /** The caller decided not to sample without naming a trace (`b3: 0`): pass the headers on, start no span. */
  readonly declined: boolean;
}

type Values = ReadonlyMap<string, readonly string[]>;

const W3C = ['traceparent', 'tracestate'] as const;
const B3_MULTI = ['x-b3-traceid', 'x-b3-spanid', 'x-b3-parentspanid', 'x-b3-sampled', 'x-b3-flags'] as const;
const NAMES: ReadonlySet<string> = new Set<string>([...W3C, 'b3', ...B3_MULTI]);

/** `headers` alternate name, value; names in lower case. Where several formats came, W3C goes before B3. */
export function readTraceContext(headers: readonly string[]): TraceContext {
  const values = traceValues(headers);
  const formats: TraceFormat[] = [];
  if (values.has('traceparent')) formats.push('w3c');
  if (values.has('b3')) formats.push('b3');
  if (B3_MULTI.some((name) => values.has(name))) formats.push('b3-multi');
  const parent = readW3c(values) ?? readB3(only(values, 'b3')) ?? readB3Multi(values);
  const declined =
    parent === undefined && (only(values, 'b3') === '0' || only(values, 'x-b3-sampled') === '0');
  const found = { formats: formats.length > 0 ? formats : (['w3c'] as const), declined };
  return parent === undefined ? found : { ...found, parent };
}

/**
 * `headers` with the trace context of `span` in place of the one that came, in each of `formats`. A span without a
 * trace (the no-op tracer's) leaves them as they are.
 */
export function withTraceContext(
  headers: readonly string[],
  span: SpanContext,
  formats: readonly TraceFormat[],
): readonly string[] {
  if (!isId(span.traceId, 32) || !isId(span.spanId, 16)) return headers;
  const sent: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const [name = '', value = ''] = [headers[i], headers[i + 1]];
    if (!NAMES.has(name)) sent.push(name, value);
  }
  for (const format of formats) sent.push(...WRITE[format](span));
  return sent;
}

const WRITE: Readonly<Record<TraceFormat, (span: SpanContext) => string[]>> = {
  w3c: ({ traceId, spanId, sampled, traceState }) => [
    ...['traceparent', `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`],
    ...(traceState === undefined ? [] : ['tracestate', traceState]),
  ],
  b3: ({ traceId, spanId, sampled }) => ['b3', `${traceId}-${spanId}-${sampled ? '1' : '0'}`],
  'b3-multi': ({ traceId, spanId, sampled }) => [
    ...['x-b3-traceid', traceId, 'x-b3-spanid', spanId],
    ...['x-b3-sampled', sampled ? '1' : '0'],
  ],
};

function traceValues(headers: readonly string[]): Values {
  const values = new Map<string, string[]>();
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const [name = '', value = ''] = [headers[i], headers[i + 1]];
    if (!NAMES.has(name)) continue;
    const same = values.get(name);
    if (same === undefined) values.set(name, [value]);
    else same.push(value);
  }
  return values;
}

/** The value of a header that may stand once; a repeated one counts as malformed. */
function only(values: Values, name: string): string | undefined {
  const all = values.get(name);
  return all?.length === 1 ? all[0] : undefined;
}

/** Trace Context 3.2: version 00 has exactly four fields; a later version may have more, of which four are read. */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

function readW3c(values: Values): SpanContext | undefined {
  const [, version, traceId = '', spanId = '', flags = '', rest] =
    TRACEPARENT.exec(only(values, 'traceparent') ?? '') ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (!isId(traceId, 32) || !isId(spanId, 16)) return undefined;
  const traceState = readTraceState(values.get('tracestate') ?? []);
  const span = { traceId, spanId, sampled: (parseInt(flags, 16) & 1) === 1 };
  return traceState === undefined ? span : { ...span, traceState };
}

const STATE_MEMBER = /^[a-z0-9][a-z0-9_*/@-]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,256}$/;
const STATE_MEMBERS = 32;
const STATE_LENGTH = 512;

/** Trace Context 3.3: several headers are one list. One malformed or doubled member discards the list, not the trace. */
function readTraceState(lines: readonly string[]): string | undefined {
  const members = lines
    .flatMap((line) => line.split(','))
    .map((member) => member.trim())
    .filter((member) => member !== '');
  const keys = new Set(members.map((member) => member.split('=', 1)[0]));
  if (members.length === 0 || members.length > STATE_MEMBERS || keys.size < members.length) return undefined;
  if (!members.every((member) => STATE_MEMBER.test(member))) return undefined;
  while (members.join(',').length > STATE_LENGTH) members.pop();
  return members.join(',');
}

const B3 = /^([0-9a-f]{16}|[0-9a-f]{32})-([0-9a-f]{16})(?:-([01d])(?:-[0-9a-f]{16})?)?$/;

function readB3(value: string | undefined): SpanContext | undefined {
  const [, trace, spanId = '', state = '1'] = B3.exec(value?.toLowerCase() ?? '') ?? [];
  return trace === undefined ? undefined : b3Span({ trace, spanId, sampled: state !== '0' });
}

function readB3Multi(values: Values): SpanContext | undefined {
  const trace = only(values, 'x-b3-traceid')?.toLowerCase() ?? '';
  const spanId = only(values, 'x-b3-spanid')?.toLowerCase() ?? '';
  if (!/^(?:[0-9a-f]{16}|[0-9a-f]{32})$/.test(trace)) return undefined;
  const debug = only(values, 'x-b3-flags') === '1';
  const state = only(values, 'x-b3-sampled')?.toLowerCase();
  return b3Span({ trace, spanId, sampled: debug || (state !== '0' && state !== 'false') });
}

/** A trace id of 64 bits is filled with zeros on the left; a decision that was not stated is left to us: sampled. */
function b3Span(b3: { trace: string; spanId: string; sampled: boolean }): SpanContext | undefined {
  const traceId = b3.trace.padStart(32, '0');
  if (!isId(traceId, 32) || !isId(b3.spanId, 16)) return undefined;
  return { traceId, spanId: b3.spanId, sampled: b3.sampled };
}

/** So many lower-case hex digits, not all zero. */
function isId(text: string, digits: number): boolean {
  return text.length === digits && /^[0-9a-f]+$/.test(text) && !/^0+$/.test(text);
}
