/**
 * Host and authority: `name[:port]` or `[ipv6][:port]`. One spelling goes on: lower case, without the trailing dot of
 * an absolute DNS name. User information, escapes, empty names, empty ports and leading zeros are refused.
 */
import { CLASS, COLON, NAME } from './byte-class.ts';
import { AUTHORITY_LIMIT } from './limits.ts';

export interface HostPort {
  /** Lower case; an IPv6 address keeps its brackets. */
  readonly name: string;
  readonly port: number | undefined;
}

/** The canonical spelling, or undefined when it is not an authority. */
export function canonicalAuthority(text: string): string | undefined {
  if (text.length === 0 || text.length > AUTHORITY_LIMIT) return undefined;
  const nameEnd = text.charCodeAt(0) === 0x5b ? ipv6End(text) : nameEndOf(text);
  if (nameEnd <= 0) return undefined;
  if (nameEnd < text.length && !isPort(text, nameEnd)) return undefined;
  const lower = text.toLowerCase();
  if (text.charCodeAt(nameEnd - 1) !== 0x2e) return lower;
  return dotless(lower, nameEnd);
}

/** Splits a canonical authority. */
export function splitAuthority(authority: string): HostPort {
  const colon = authority.lastIndexOf(':');
  if (colon === -1 || colon < authority.indexOf(']')) return { name: authority, port: undefined };
  return { name: authority.slice(0, colon), port: Number(authority.slice(colon + 1)) };
}

/** Whether both name the same host and port, where an absent port means `defaultPort`. */
export function sameAuthority(a: string, b: string, defaultPort: number): boolean {
  if (a === b) return true;
  const [left, right] = [splitAuthority(a), splitAuthority(b)];
  return left.name === right.name && (left.port ?? defaultPort) === (right.port ?? defaultPort);
}

/** Where a name ends: at its colon or at the end. 0 when a byte may not stand in it. */
function nameEndOf(text: string): number {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === COLON) return i;
    if (code > 0x7f || ((CLASS[code] as number) & NAME) === 0) return 0;
  }
  return text.length;
}

const IPV6 = /^\[[0-9a-f:.]{2,45}\]/i;

function ipv6End(text: string): number {
  const match = IPV6.exec(text);
  return match !== null && match[0].includes(':') ? match[0].length : 0;
}

/** `:` and 1-65535 in plain decimal, from `colon` to the end. */
function isPort(text: string, colon: number): boolean {
  const digits = text.length - colon - 1;
  if (text.charCodeAt(colon) !== COLON || digits < 1 || digits > 5) return false;
  let port = 0;
  for (let i = colon + 1; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9 || (digit === 0 && port === 0)) return false;
    port = port * 10 + digit;
  }
  return port <= 65535;
}

function dotless(lower: string, nameEnd: number): string | undefined {
  const name = lower.slice(0, nameEnd - 1);
  if (name === '' || name.endsWith('.')) return undefined;
  return name + lower.slice(nameEnd);
}
