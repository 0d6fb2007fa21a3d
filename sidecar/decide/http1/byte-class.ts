/** What each byte may be part of: one table look-up per byte. */

/** RFC 9110 token: field names. */
export const TOKEN = 1;
/** Field values, inner blanks included: HTAB, SP, visible ASCII, obs-text. */
export const VALUE = 2;
/** Request targets: visible ASCII without `#`. */
export const TARGET = 4;
/** Methods: `A-Z` and `-`, as all registered ones. */
export const METHOD = 8;
/** Path bytes that are canonical as they are (RFC 3986 pchar and `/`, without `%`). */
export const PATH = 16;
/** Path bytes that clients send though RFC 3986 has them encoded. */
export const ENCODE = 32;
/** Host names: letters, digits, `-`, `.`, `_`. */
export const NAME = 64;
/** Unreserved (RFC 3986): never needs an escape. */
export const UNRESERVED = 128;

const ALPHA = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const DIGIT = '0123456789';

function buildTable(): Uint8Array {
  const table = new Uint8Array(256);
  const mark = (bit: number, bytes: Iterable<number>): void => {
    for (const byte of bytes) table[byte] = (table[byte] as number) | bit;
  };
  const codes = (text: string): number[] => Array.from(text, (c) => c.charCodeAt(0));
  const range = (first: number, last: number): number[] =>
    Array.from({ length: last - first + 1 }, (_, i) => first + i);
  mark(TOKEN, codes(ALPHA + DIGIT + "!#$%&'*+-.^_`|~"));
  mark(VALUE, [9, ...range(0x20, 0x7e), ...range(0x80, 0xff)]);
  mark(
    TARGET,
    range(0x21, 0x7e).filter((byte) => byte !== 0x23),
  );
  mark(METHOD, codes('ABCDEFGHIJKLMNOPQRSTUVWXYZ-'));
  mark(PATH, codes(ALPHA + DIGIT + "-._~!$&'()*+,;=:@/"));
  mark(ENCODE, codes('"<>[]^`{|}'));
  mark(NAME, codes(ALPHA + DIGIT + '-._'));
  mark(UNRESERVED, codes(ALPHA + DIGIT + '-._~'));
  return table;
}

/** Indexed by a byte or a Latin-1 code unit; the bits are those above. */
export const CLASS: Readonly<Uint8Array> = buildTable();

export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const COLON = 0x3a;
