/** Messages of a TCP stream, each behind its length in two octets (RFC 1035 4.2.2), however the stream is cut. */
import { UDP_BYTES } from './message.ts';

export type Frame =
  | { readonly kind: 'message'; readonly bytes: Buffer }
  | { readonly kind: 'need-more' }
  /** It is longer than any query: the stream is of no use any more. */
  | { readonly kind: 'oversized' };

export interface FrameReader {
  push(chunk: Buffer): void;
  /** Takes the next one. */
  next(): Frame;
}

const LENGTH_BYTES = 2;

export function createFrameReader(): FrameReader {
  let held: Buffer = Buffer.alloc(0);
  return {
    push(chunk) {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    },
    next() {
      if (held.length < LENGTH_BYTES) return { kind: 'need-more' };
      const end = LENGTH_BYTES + held.readUInt16BE(0);
      if (end > LENGTH_BYTES + UDP_BYTES) return { kind: 'oversized' };
      if (held.length < end) return { kind: 'need-more' };
      const bytes = held.subarray(LENGTH_BYTES, end);
      held = held.subarray(end);
      return { kind: 'message', bytes };
    },
  };
}

export function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}
