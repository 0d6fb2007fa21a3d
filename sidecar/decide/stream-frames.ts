/**
 * The frames of a link that many streams share (ALPN `isthmus-streams/1`). Eight bytes of head, big-endian: kind (1 byte),
 * length (3), stream (4). Only `data` has bytes after its head, `length` of them. The client opens a stream with the first
 * data that it sends on a number above all earlier ones. How much may be under way on a stream is told by credit: both sides
 * start with INITIAL_CREDIT bytes, and `credit` adds `length` to what its receiver may send. Of no stream are `goaway`, which asks
 * the client to open no more (those that it opens before it has read that are served, as RFC 9113 section 6.8), and `ping`, which
 * is answered by a `pong` at once (section 6.7).
 */
const FRAME_HEAD_BYTES = 8;
/** A larger frame would keep the other streams waiting. */
export const MAX_FRAME_BYTES = 64 * 1024;
export const INITIAL_CREDIT = 64 * 1024;
/** What a side may be allowed to send on one stream before it hears of its receiver again. */
export const MAX_CREDIT = 4 * 1024 * 1024;
/** Open streams of one link. */
export const MAX_STREAMS = 256;
export const MAX_STREAM_ID = 0xffff_ffff;

export const DATA = 1;
export const END = 2;
export const RESET = 3;
export const CREDIT = 4;
export const GOAWAY = 5;
export const PING = 6;
export const PONG = 7;
const BARE = { [GOAWAY]: 'goaway', [PING]: 'ping', [PONG]: 'pong' } as const;
export type FrameKind =
  typeof DATA | typeof END | typeof RESET | typeof CREDIT | typeof GOAWAY | typeof PING | typeof PONG;

export interface FrameHead {
  readonly kind: FrameKind;
  /** Bytes of data, or of credit. */
  readonly length: number;
  readonly stream: number;
}

/** As Latin-1: it goes out in one string with the text behind it. */
export function frameHead({ kind, length, stream }: FrameHead): string {
  return String.fromCharCode(
    ...[kind, length >>> 16, (length >>> 8) & 0xff, length & 0xff],
    ...[stream >>> 24, (stream >>> 16) & 0xff, (stream >>> 8) & 0xff, stream & 0xff],
  );
}

/**
 * What one step of a reader found. `more`: all bytes are used up. `data`: `bytes[from, to)` are of `stream`, one frame may
 * come in several parts.
 */
export type Found = 'more' | 'data' | 'end' | 'reset' | 'credit' | 'goaway' | 'ping' | 'pong' | 'invalid';

/** Reads frames however their bytes are cut; holds the head of one frame, never its data. */
export class FrameReader {
  stream = 0;
  /** Of credit. */
  length = 0;
  from = 0;
  to = 0;
  /** Why it is `invalid`: then nothing after it can be read. */
  fault = '';
  readonly #head = Buffer.alloc(FRAME_HEAD_BYTES);
  #headBytes = 0;
  /** Of the data frame that is being read. */
  #left = 0;

  /** One step on from `at`; go on at `to`. */
  read(bytes: Buffer, at: number): Found {
    if (this.#left > 0) return this.#readData(bytes, at);
    if (this.#headBytes === 0 && bytes.length - at >= FRAME_HEAD_BYTES) {
      this.to = at + FRAME_HEAD_BYTES;
      return this.#readHead(bytes, at);
    }
    const taken = Math.min(FRAME_HEAD_BYTES - this.#headBytes, bytes.length - at);
    bytes.copy(this.#head, this.#headBytes, at, at + taken);
    this.#headBytes += taken;
    this.to = at + taken;
    if (this.#headBytes < FRAME_HEAD_BYTES) return 'more';
    this.#headBytes = 0;
    return this.#readHead(this.#head, 0, bytes);
  }

  #readHead(head: Buffer, at: number, bytes = head): Found {
    const kind = head[at];
    const length = head.readUIntBE(at + 1, 3);
    this.stream = head.readUInt32BE(at + 4);
    this.length = length;
    switch (kind) {
      case GOAWAY:
      case PING:
      case PONG:
        return this.#readBare(kind);
      default:
        return this.stream === 0 ? this.#invalid('a frame of no stream') : this.#readOfStream(kind, bytes);
    }
  }

  #readBare(kind: typeof GOAWAY | typeof PING | typeof PONG): Found {
    const name = BARE[kind];
    const isBare = this.stream === 0 && this.length === 0;
    return isBare ? name : this.#invalid(`a ${name} with a stream or a length`);
  }

  #readOfStream(kind: number | undefined, bytes: Buffer): Found {
    const { length } = this;
    switch (kind) {
      case DATA:
        if (length === 0 || length > MAX_FRAME_BYTES)
          return this.#invalid(`${length} bytes of data in a frame`);
        this.#left = length;
        return this.#readData(bytes, this.to);
      case CREDIT:
        return length === 0 ? this.#invalid('credit of no bytes') : 'credit';
      case END:
      case RESET:
        if (length !== 0) return this.#invalid('an end with a length');
        return kind === END ? 'end' : 'reset';
      default:
        return this.#invalid(`a frame of kind ${kind}`);
    }
  }

  #readData(bytes: Buffer, at: number): Found {
    const part = Math.min(this.#left, bytes.length - at);
    if (part === 0) return 'more';
    this.#left -= part;
    this.from = at;
    this.to = at + part;
    return 'data';
  }

  #invalid(fault: string): 'invalid' {
    this.fault = fault;
    return 'invalid';
  }
}
