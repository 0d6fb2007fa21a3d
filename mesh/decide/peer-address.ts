/** Which hosts another cluster may name as its gateway: public or private addresses and names, never this machine's own. */
import { quoted } from '../kit/quoted.ts';
import { err, ok, type Result } from '../kit/result.ts';
import { fault, type Fault } from '../model/fault.ts';

export interface AddressRules {
  /** For meshes on one machine. */
  readonly allowLoopback: boolean;
}

type AddressClass =
  'usable' | 'loopback' | 'unspecified' | 'link-local' | 'multicast' | 'metadata' | 'reserved';

const NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;
/** What resolvers of C libraries read as an IPv4 address in disguise: 2130706433, 127.1, 0x7f.1. */
const NUMERIC_LAST_LABEL = /(^|\.)(\d+|0x[0-9a-f]*)$/;
const METADATA = new Set(['169.254.169.254', '169.254.170.2', '100.100.100.200', '192.0.0.192']);

/**
 * Refuses loopback (unless allowed), unspecified, link-local, multicast, reserved and metadata addresses, and what is
 * neither an IP address nor a host name of letters, digits and hyphens. Also for the addresses a name resolves to.
 */
export function checkPeerHost(host: string, rules: AddressRules): Result<void, Fault> {
  const kind = classifyHost(host);
  if (kind === 'usable' || (kind === 'loopback' && rules.allowLoopback)) return ok(undefined);
  const shown = quoted(host);
  if (kind === undefined)
    return err(fault('address_refused', shown, 'is neither an IP address nor a host name'));
  return err(
    fault('address_refused', shown, `is a ${kind} address; a gateway must be reachable from other clusters`),
  );
}

/** An IP address in its one canonical form (RFC 5952), so that texts can be compared; none that `checkPeerHost` refuses. */
export function isDialledAddress(text: string): boolean {
  const isAddress = parseIpv4(text) !== undefined || isCanonicalIpv6(text);
  return isAddress && classifyHost(text) === 'usable';
}

function isCanonicalIpv6(text: string): boolean {
  if (!text.includes(':') || text.includes('.') || text.startsWith('::ffff:')) return false;
  return URL.canParse(`http://[${text}]`) && new URL(`http://[${text}]`).hostname === `[${text}]`;
}

function classifyHost(host: string): AddressClass | undefined {
  const v4 = parseIpv4(host);
  if (v4 !== undefined) return classifyIpv4(v4);
  if (host.includes(':')) {
    const v6 = parseIpv6(host);
    return v6 === undefined ? undefined : classifyIpv6(v6);
  }
  const name = host.toLowerCase();
  if (!NAME.test(name) || NUMERIC_LAST_LABEL.test(name)) return undefined;
  return name === 'localhost' || name.endsWith('.localhost') ? 'loopback' : 'usable';
}

function parseIpv4(text: string): readonly number[] | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  const bytes = parts.map((part) => (/^(0|[1-9]\d{0,2})$/.test(part) ? Number(part) : 256));
  return bytes.every((byte) => byte < 256) ? bytes : undefined;
}

function classifyIpv4(bytes: readonly number[]): AddressClass {
  const [a = 0, b = 0] = bytes;
  if (METADATA.has(bytes.join('.'))) return 'metadata';
  if (a === 127) return 'loopback';
  if (a === 0) return 'unspecified';
  if (a === 169 && b === 254) return 'link-local';
  if (a >= 240) return 'reserved';
  return a >= 224 ? 'multicast' : 'usable';
}

/** Eight groups of 16 bits; undefined for anything malformed, and for zone ids. */
function parseIpv6(text: string): readonly number[] | undefined {
  const halves = text.toLowerCase().split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map(parseGroups);
  if (head === undefined) return undefined;
  if (halves.length === 1) return head.length === 8 ? head : undefined;
  if (tail === undefined || head.length + tail.length > 7) return undefined;
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

function parseGroups(text: string): readonly number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: number[] = [];
  for (const [i, part] of parts.entries()) {
    const v4 = i === parts.length - 1 ? parseIpv4(part) : undefined;
    if (v4 !== undefined) groups.push(pair(v4[0], v4[1]), pair(v4[2], v4[3]));
    else if (/^[0-9a-f]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

function pair(high = 0, low = 0): number {
  return high * 256 + low;
}

function classifyIpv6(groups: readonly number[]): AddressClass {
  const embedded = embeddedIpv4(groups);
  if (embedded !== undefined) return classifyIpv4(embedded);
  const [first = 0] = groups;
  if (groups.slice(0, 7).every((group) => group === 0)) {
    return groups[7] === 1 ? 'loopback' : groups[7] === 0 ? 'unspecified' : 'reserved';
  }
  if ((first & 0xffc0) === 0xfe80) return 'link-local';
  if ((first & 0xff00) === 0xff00) return 'multicast';
  return first === 0xfd00 && groups[1] === 0xec2 && groups[7] === 0x254 ? 'metadata' : 'usable';
}

/** The IPv4 address inside a mapped (::ffff:0:0/96), compatible, NAT64 (64:ff9b::/96) or 6to4 (2002::/16) address. */
function embeddedIpv4(groups: readonly number[]): readonly number[] | undefined {
  const bytesOf = (at: number): readonly number[] =>
    groups.slice(at, at + 2).flatMap((group) => [group >> 8, group & 0xff]);
  const zeros = (from: number, to: number): boolean => groups.slice(from, to).every((group) => group === 0);
  if (zeros(0, 5) && groups[5] === 0xffff) return bytesOf(6);
  if (zeros(0, 6) && groups[6] !== 0) return bytesOf(6);
  if (groups[0] === 0x64 && groups[1] === 0xff9b && zeros(2, 6)) return bytesOf(6);
  return groups[0] === 0x2002 ? bytesOf(1) : undefined;
}
