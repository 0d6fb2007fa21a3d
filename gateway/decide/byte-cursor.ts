/** Reading length-prefixed bytes without ever reading past them: each step answers undefined when they do not suffice. */
export interface ByteCursor {
  readonly bytes: Uint8Array;
  /** Next byte to read; moves on. */
  at: number;
  /** First byte that does not belong to it any more. */
  readonly end: number;
}

export function cursorOver(bytes: Uint8Array): ByteCursor {
  return { bytes, at: 0, end: bytes.length };
}

export function remaining(cursor: ByteCursor): number {
  return cursor.end - cursor.at;
}

/** A big-endian unsigned integer of 1-3 bytes. */
export function takeUint(cursor: ByteCursor, width: 1 | 2 | 3): number | undefined {
  if (remaining(cursor) < width) return undefined;
  let value = 0;
  for (let i = 0; i < width; i++) value = value * 256 + (cursor.bytes[cursor.at++] ?? 0);
  return value;
}

/** The next `count` bytes as a cursor of their own. */
export function takeBytes(cursor: ByteCursor, count: number): ByteCursor | undefined {
  if (remaining(cursor) < count) return undefined;
  const from = cursor.at;
  cursor.at += count;
  return { bytes: cursor.bytes, at: from, end: cursor.at };
}

/** A vector in the sense of RFC 8446 section 3.4: its length in `width` bytes, then that many bytes. */
export function takeVector(cursor: ByteCursor, width: 1 | 2): ByteCursor | undefined {
  const length = takeUint(cursor, width);
  return length === undefined ? undefined : takeBytes(cursor, length);
}

/** The rest of the cursor as text, one character per byte: nothing is lost, nothing is decoded. */
export function byteText(cursor: ByteCursor): string {
  const { buffer, byteOffset } = cursor.bytes;
  return Buffer.from(buffer, byteOffset + cursor.at, remaining(cursor)).toString('latin1');
}
