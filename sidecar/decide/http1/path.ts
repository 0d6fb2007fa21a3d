/**
 * The one normal form of a path (RFC 3986 6.2.2): escapes of unreserved characters are decoded, other escapes are in
 * upper case, characters that must be escaped are, dot segments are resolved. Duplicate slashes stay (Envoy's default).
 * Refused, because servers differ on them: `%2F`, `%5C`, `%00`, backslash, broken escapes, and dot segments with parameters (`/..;a`).
 */
import { err, ok, type Result } from '../../../mesh/kit/result.ts';
import { CLASS, ENCODE, PATH, UNRESERVED } from './byte-class.ts';

const SLASH = 0x2f;
const DOT = 0x2e;
const PERCENT = 0x25;

/** `path` starts with a slash and has no query. The error says why it is refused. Idempotent. */
export function canonicalPath(path: string): Result<string, string> {
  if (isCanonical(path)) return ok(path);
  const spelled = respell(path);
  return spelled.ok ? resolveDots(spelled.value) : spelled;
}

/** True only for paths that need no work; false decides nothing. */
function isCanonical(path: string): boolean {
  let previous = 0;
  for (let i = 0; i < path.length; i++) {
    const code = path.charCodeAt(i);
    if (code > 0x7f || ((CLASS[code] as number) & PATH) === 0) return false;
    if (code === DOT && previous === SLASH) return false;
    previous = code;
  }
  return true;
}

/** Every character in its one spelling. */
function respell(path: string): Result<string, string> {
  let out = '';
  for (let i = 0; i < path.length; i++) {
    const code = path.charCodeAt(i);
    const bits = code > 0x7f ? 0 : (CLASS[code] as number);
    if (code === PERCENT) {
      const spelled = respellEscape(path.slice(i + 1, i + 3));
      if (!spelled.ok) return spelled;
      out += spelled.value;
      i += 2;
    } else if ((bits & PATH) !== 0) out += path.charAt(i);
    else if ((bits & ENCODE) !== 0) out += escapeOf(code);
    else return err('the path has a byte that may not stand in one');
  }
  return ok(out);
}

const HEX = /^[0-9a-fA-F]{2}$/;
const REFUSED_ESCAPES = new Set([0x00, 0x2f, 0x5c]);

function respellEscape(digits: string): Result<string, string> {
  if (!HEX.test(digits)) return err('the path has a broken percent-escape');
  const code = Number.parseInt(digits, 16);
  if (REFUSED_ESCAPES.has(code)) return err('the path has an encoded slash, backslash or NUL');
  const plain = code <= 0x7f && ((CLASS[code] as number) & UNRESERVED) !== 0;
  return ok(plain ? String.fromCharCode(code) : `%${digits.toUpperCase()}`);
}

function escapeOf(code: number): string {
  return `%${code.toString(16).toUpperCase().padStart(2, '0')}`;
}

/** RFC 3986 5.2.4. A path never climbs above its root. */
function resolveDots(path: string): Result<string, string> {
  const kept: string[] = [];
  const segments = path.split('/').slice(1);
  for (const [index, segment] of segments.entries()) {
    if (segment.startsWith('.;') || segment.startsWith('..;')) {
      return err('the path has a dot segment with parameters');
    }
    const isLast = index === segments.length - 1;
    if (segment === '..') kept.pop();
    if (segment !== '.' && segment !== '..') kept.push(segment);
    else if (isLast) kept.push('');
  }
  return ok(`/${kept.join('/')}`);
}
