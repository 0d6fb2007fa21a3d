/** Reads bodies: finds the ranges of the caller's bytes that are content, in whatever framing. */
import { assertNever } from '../../../mesh/kit/assert-never.ts';
import { CLASS, CR, LF, TAB, VALUE } from './byte-class.ts';
import { createHeadScan, scanHead, type HeadScan } from './head-scan.ts';
import type { Framing } from './head.ts';
import { CHUNK_EXTENSION_LIMIT, CHUNK_EXTENSIONS_LIMIT, CHUNK_SIZE_DIGITS } from './limits.ts';
import { malformed, type Refusal } from './refusal.ts';

/** Up to where the bytes were used, and whether the body has ended there. */
interface ReadBody {
  readonly kind: 'read';
  readonly end: number;
  readonly done: boolean;
}

export interface BodyReader {
  /** It is over when the connection is. */
  readonly endsAtClose: boolean;
  /**
   * Calls `take` for each range of content from `at` on. Bytes from `end` on must be given again, with more after them.
   */
  read(bytes: Buffer, at: number, take: (from: number, to: number) => void): ReadBody | Refusal;
}

export function createBodyReader(framing: Framing): BodyReader {
  switch (framing.kind) {
    case 'chunked':
      return chunkedReader();
    case 'length':
      return plainReader(framing.length);
    case 'none':
      return plainReader(0);
    case 'until-close':
    case 'tunnel':
      return plainReader(Infinity);
    default:
      return assertNever(framing);
  }
}

function plainReader(length: number): BodyReader {
  let left = length;
  return {
    endsAtClose: length === Infinity,
    read(bytes, at, take) {
      const end = Math.min(bytes.length, at + left);
      left -= end - at;
      if (end > at) take(at, end);
      return { kind: 'read', end, done: left === 0 };
    },
  };
}

type Take = (from: number, to: number) => void;

interface Chunks {
  state: 'size' | 'data' | 'data-end' | 'trailers';
  /** Bytes left of the chunk. */
  left: number;
  /** Bytes of all extensions so far. */
  extensions: number;
  readonly trailers: HeadScan;
}

function chunkedReader(): BodyReader {
  const chunks: Chunks = { state: 'size', left: 0, extensions: 0, trailers: createHeadScan('trailers') };
  return {
    endsAtClose: false,
    read(bytes, start, take) {
      for (let at = start; ;) {
        if (chunks.state === 'trailers') return readTrailers(chunks, bytes, at);
        const { state } = chunks;
        const next = step(chunks, bytes, { at, take });
        if (typeof next !== 'number') return next;
        if (next === at && state === chunks.state) return { kind: 'read', end: at, done: false };
        at = next;
      }
    },
  };
}

/** The new position; the same one, in the same state, when more is needed. */
function step(chunks: Chunks, bytes: Buffer, { at, take }: { at: number; take: Take }): number | Refusal {
  if (chunks.state === 'size') return beginChunk(chunks, bytes, at);
  if (chunks.state === 'data') {
    const end = Math.min(bytes.length, at + chunks.left);
    chunks.left -= end - at;
    if (chunks.left === 0) chunks.state = 'data-end';
    if (end > at) take(at, end);
    return end;
  }
  if (bytes.length < at + 2) return at;
  if (bytes[at] !== CR || bytes[at + 1] !== LF) return malformed('a chunk is longer than it says');
  chunks.state = 'size';
  return at + 2;
}

function beginChunk(chunks: Chunks, bytes: Buffer, at: number): number | Refusal {
  const size = readChunkSize(bytes, at);
  if (size === undefined) return at;
  if (size.kind === 'refused') return size;
  chunks.extensions += size.extension;
  if (chunks.extensions > CHUNK_EXTENSIONS_LIMIT)
    return malformed('the chunk extensions are over their limit');
  chunks.left = size.size;
  chunks.state = size.size === 0 ? 'trailers' : 'data';
  return size.end;
}

/** They are checked and dropped. */
function readTrailers({ trailers }: Chunks, bytes: Buffer, at: number): ReadBody | Refusal {
  const view = bytes.subarray(at);
  const done = scanHead(trailers, view, { start: 0, end: view.length, section: 'trailers' });
  if (trailers.refusal !== undefined) return trailers.refusal;
  if (done && statesLength(trailers, view)) return malformed('a trailer states the length of the body');
  return { kind: 'read', end: done ? at + trailers.pos : at, done };
}

/** RFC 9110 6.5.1 forbids it, and Node refuses it. */
function statesLength({ spans }: HeadScan, bytes: Buffer): boolean {
  for (let i = 0; i < spans.length; i += 4) {
    const name = bytes.toString('latin1', spans[i], spans[i + 1]).toLowerCase();
    if (name === 'content-length' || name === 'transfer-encoding') return true;
  }
  return false;
}

interface ChunkSize {
  readonly kind: 'size';
  readonly size: number;
  /** Bytes of its extensions. */
  readonly extension: number;
  readonly end: number;
}

/** RFC 9112 7.1.1, without blanks and escapes, as Node reads it too. */
const EXTENSIONS = /^(?:;[\w!#$%&'*+.^`|~-]+(?:=(?:[\w!#$%&'*+.^`|~-]+|"[\t !#-[\]-~\x80-\xff]*"))?)+$/;

/** `1a;name=value CRLF`; undefined: its line is not complete. */
function readChunkSize(bytes: Buffer, at: number): ChunkSize | Refusal | undefined {
  let size = 0;
  let pos = at;
  for (; pos < bytes.length; pos++) {
    const digit = hexDigit(bytes[pos] as number);
    if (digit === -1) break;
    if (pos - at >= CHUNK_SIZE_DIGITS) return malformed('a chunk size has too many digits');
    size = size * 16 + digit;
  }
  if (pos === bytes.length) return undefined;
  if (pos === at) return malformed('a chunk has no size');
  const extensionAt = pos;
  if (bytes[pos] === 0x3b) {
    while (pos < bytes.length && isValueByte(bytes[pos] as number)) pos++;
    if (pos - extensionAt > CHUNK_EXTENSION_LIMIT) return malformed('a chunk extension is over its limit');
    if (pos === bytes.length) return undefined;
  }
  if (bytes[pos] !== CR) return malformed('a chunk size has a byte that may not stand there');
  if (pos + 1 === bytes.length) return undefined;
  if (bytes[pos + 1] !== LF) return malformed('a CR is not followed by LF');
  if (pos > extensionAt && !EXTENSIONS.test(bytes.toString('latin1', extensionAt, pos)))
    return malformed('a chunk extension is not a name, or a name and a value');
  return { kind: 'size', size, extension: pos - extensionAt, end: pos + 2 };
}

function isValueByte(byte: number): boolean {
  return byte !== TAB && ((CLASS[byte] as number) & VALUE) !== 0;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
