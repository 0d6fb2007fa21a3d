/** Bounds of the codec. Over a bound means refused, never cut. */

/** Bytes of a head, from its first byte to the end of its empty line. */
export const HEAD_LIMIT = 32 * 1024;
/** Bytes of a request line or status line, with its line end. */
export const START_LINE_LIMIT = 8 * 1024;
export const METHOD_LIMIT = 24;
/** Fields in a head. */
export const FIELD_LIMIT = 200;
/** Bytes of a Host or authority: a DNS name, a colon and a port. */
export const AUTHORITY_LIMIT = 253 + 1 + 5;
/** Bytes of the extensions of one chunk. */
export const CHUNK_EXTENSION_LIMIT = 256;
/** Bytes of all chunk extensions of one body. */
export const CHUNK_EXTENSIONS_LIMIT = 8 * 1024;
/** Hexadecimal digits of a chunk size: 2^48 is more than any chunk, and exact as a number. */
export const CHUNK_SIZE_DIGITS = 12;
/** Decimal digits of a Content-Length: exact as a number. */
export const LENGTH_DIGITS = 15;
/** Bytes of the trailer section of one body. */
export const TRAILER_LIMIT = 8 * 1024;
