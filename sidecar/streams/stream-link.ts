/**
 * One connection that many streams share, either end of it. Frames of one turn of the event loop go out in one write: under
 * load a system call and a TLS record then carry many requests, not one.
 */
import type { Socket } from 'node:net';
import {
  CREDIT,
  DATA,
  END,
  frameHead,
  FrameReader,
  type Found,
  GOAWAY,
  MAX_STREAMS,
  MAX_STREAM_ID,
  PING,
  PONG,
  RESET,
  type FrameKind,
} from '../decide/stream-frames.ts';
import type { Flushable } from './byte-stream.ts';
import { LinkStream, type Carrier } from './link-stream.ts';
import type { SpareCredit } from './spare-credit.ts';

export interface StreamLinkParts {
  readonly spare: SpareCredit;
  /** The other side opens a stream; destroyed already where it is one too many. Absent: it may not. */
  readonly opened?: (stream: LinkStream) => void;
  /** The other side broke the rules; the link is cut, and its streams with it. */
  readonly violated?: (what: string) => void;
  /** Once. */
  readonly closed?: () => void;
}

/** Up to here text is put together; a larger chunk goes out as it is, uncopied. */
const SMALL = 4 * 1024;
/** What is held for one write. */
const MAX_HELD = 64 * 1024;
/** How long the other side may take to close, once no stream is left. */
const LINGER_MS = 5_000;
/** Frames without data that may wait to be read by the other side. */
const MAX_OWED = 10_000;
const NOTHING = Buffer.alloc(0);
const NO_STREAM = { id: 0 };

export class StreamLink implements Carrier {
  readonly spare: SpareCredit;
  /** How often something has come, and how often data was sent. */
  reads = 0;
  sent = 0;
  readonly #socket: Socket;
  readonly #parts: StreamLinkParts;
  readonly #reader = new FrameReader();
  readonly #streams = new Map<number, LinkStream>();
  /** Opened here, without a number yet. */
  readonly #fresh = new Set<LinkStream>();
  /** The highest number that a stream has had. */
  #lastId = 0;
  /** What the streams have to say with the next write. */
  #texts: Flushable[] = [];
  #held = '';
  #scheduled = false;
  #retired = false;
  /** Frames without data that were sent since the connection took no more. */
  #owed = 0;
  #holding = false;
  /** What has been read, and waits for `goOn`. */
  #unread: Buffer = NOTHING;

  /** The socket is connected, allows half-open and has an `error` listener. */
  constructor(socket: Socket, parts: StreamLinkParts) {
    this.#socket = socket;
    this.#parts = parts;
    this.spare = parts.spare;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('drain', () => this.#drained());
    socket.once('end', () => socket.destroy());
    socket.once('close', () => this.#closed());
  }

  get size(): number {
    return this.#streams.size + this.#fresh.size;
  }

  /** Another stream may be opened. */
  get hasRoom(): boolean {
    return (
      !this.#retired && !this.#socket.destroyed && this.size < MAX_STREAMS && this.#lastId < MAX_STREAM_ID
    );
  }

  /** Only while it has room. */
  open(): LinkStream {
    const stream = new LinkStream(this, 0);
    this.#fresh.add(stream);
    return stream;
  }

  /** Takes no new streams; closes with the last of those that it has. */
  retire(): void {
    this.#retired = true;
    if (this.size === 0) this.#close();
  }

  /** Asks the other side, which opens the streams, for no more of them; those that it opens meanwhile are taken. */
  goAway(): void {
    this.#send(NO_STREAM, GOAWAY, 0);
  }

  /** Asks the other side for a sign of life, which comes as any other read. */
  ping(): void {
    this.#send(NO_STREAM, PING, 0);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Reads nothing more until `goOn`. */
  hold(): void {
    this.#holding = true;
    this.#socket.pause();
  }

  goOn(): void {
    if (!this.#holding) return;
    this.#holding = false;
    const unread = this.#unread;
    this.#unread = NOTHING;
    this.#read(unread);
    if (!this.#holding) this.#socket.resume();
  }

  // From the streams.

  get isLeaving(): boolean {
    return this.#retired;
  }

  get isFull(): boolean {
    return this.#socket.writableNeedDrain;
  }

  get unsentBytes(): number {
    return this.#held.length + this.#socket.writableLength;
  }

  flushFirst(text: Flushable): void {
    this.#texts.push(text);
    this.#schedule();
  }

  sendData(stream: LinkStream, chunk: Buffer | string): void {
    if (stream.id === 0) this.#number(stream);
    this.sent += 1;
    this.#send(stream, DATA, chunk.length);
    if (typeof chunk === 'string') this.#held += chunk;
    else if (chunk.length <= SMALL) this.#held += chunk.toString('latin1');
    else this.#writeLarge(chunk);
    if (this.#held.length > MAX_HELD) this.#flush();
  }

  sendEnd(stream: LinkStream): void {
    // Without a number the other side has never heard of it.
    if (stream.id !== 0) this.#send(stream, END, 0);
  }

  sendCredit(stream: LinkStream, bytes: number): void {
    this.#send(stream, CREDIT, bytes);
  }

  leave(stream: LinkStream, reset: boolean): void {
    this.#fresh.delete(stream);
    // Without a number the other side has never heard of it.
    if (this.#streams.delete(stream.id) && reset) this.#send(stream, RESET, 0);
    if (this.#retired && this.size === 0) this.#close();
  }

  // Writing.

  /** Only now: numbers rise in the order in which the other side sees them. */
  #number(stream: LinkStream): void {
    this.#fresh.delete(stream);
    this.#lastId += 1;
    stream.id = this.#lastId;
    this.#streams.set(stream.id, stream);
  }

  #send({ id }: { readonly id: number }, kind: FrameKind, length: number): void {
    this.#held += frameHead({ kind, length, stream: id });
    if (kind !== DATA && this.isFull) this.#owe();
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(flushLater, this);
  }

  /** Data waits for `drain`; this does not, so a peer that asks and never reads could have it pile up. */
  #owe(): void {
    this.#owed += 1;
    if (this.#owed > MAX_OWED) this.#violated('answers that it does not read');
  }

  flush(): void {
    const texts = this.#texts;
    this.#texts = [];
    for (const text of texts) text.flush();
    this.#scheduled = false;
    if (this.#texts.length > 0) this.#schedule();
    this.#flush();
  }

  #flush(): void {
    const held = this.#held;
    if (held === '') return;
    this.#held = '';
    if (!this.#socket.destroyed) this.#socket.write(held, 'latin1');
  }

  #writeLarge(chunk: Buffer): void {
    const socket = this.#socket;
    if (socket.destroyed) return;
    socket.cork();
    this.#flush();
    socket.write(chunk);
    socket.uncork();
  }

  #drained(): void {
    this.#owed = 0;
    for (const stream of [...this.#streams.values(), ...this.#fresh]) stream.linkDrained();
  }

  #close(): void {
    const socket = this.#socket;
    if (socket.destroyed) return;
    this.#flush();
    // Not destroyed at once: what the other side has sent and nobody reads here would cut what it has not read yet.
    socket.end();
    socket.setTimeout(LINGER_MS, () => socket.destroy());
  }

  #closed(): void {
    this.#retired = true;
    const left = [...this.#streams.values(), ...this.#fresh];
    this.#streams.clear();
    this.#fresh.clear();
    for (const stream of left) stream.dropped();
    this.#parts.closed?.();
  }

  // Reading.

  #read(bytes: Buffer): void {
    this.reads += 1;
    const reader = this.#reader;
    let at = 0;
    while (at < bytes.length && !this.#socket.destroyed && !this.#holding) {
      this.#take(reader.read(bytes, at), bytes);
      at = reader.to;
    }
    if (this.#holding && at < bytes.length) this.#unread = Buffer.concat([this.#unread, bytes.subarray(at)]);
  }

  #take(found: Found, bytes: Buffer): void {
    const { stream: id, length, from, to, fault } = this.#reader;
    if (found === 'more') return;
    if (found === 'invalid') return this.#violated(fault);
    if (found === 'goaway') return this.#parts.opened === undefined ? this.retire() : undefined;
    if (found === 'ping') return this.#send(NO_STREAM, PONG, 0);
    if (found === 'pong') return;
    const stream = this.#streams.get(id) ?? (found === 'data' ? this.#openedBy(id) : undefined);
    // What closed here a moment ago may still be written to from there.
    if (stream === undefined)
      return id > this.#lastId ? this.#violated('a stream that is not open') : undefined;
    if (found === 'data' && !stream.received(bytes.subarray(from, to))) {
      this.#violated('more data than there was credit for');
    } else if (found === 'credit' && !stream.credited(length)) this.#violated('too much credit');
    else if (found === 'end') stream.endReceived();
    else if (found === 'reset') this.#reset(stream);
  }

  #openedBy(id: number): LinkStream | undefined {
    const { opened } = this.#parts;
    if (opened === undefined || id <= this.#lastId) return undefined;
    this.#lastId = id;
    const stream = new LinkStream(this, id);
    this.#streams.set(id, stream);
    // Not a fault of the other side: it may have closed streams that are not read to their end here.
    if (this.size > MAX_STREAMS) stream.destroy();
    opened(stream);
    return stream;
  }

  #reset(stream: LinkStream): void {
    this.#streams.delete(stream.id);
    stream.dropped();
    if (this.#retired && this.size === 0) this.#close();
  }

  #violated(what: string): void {
    if (this.#socket.destroyed) return;
    this.#socket.destroy();
    this.#parts.violated?.(what);
  }
}

function flushLater(link: StreamLink): void {
  link.flush();
}
