/** One stream of a link that many share, with the events of a socket: `data`, `end`, `drain`, `close`; never `error`. */
import { EventEmitter } from 'node:events';
import { INITIAL_CREDIT, MAX_CREDIT, MAX_FRAME_BYTES } from '../decide/stream-frames.ts';
import type { ByteStream, Flushable } from './byte-stream.ts';
import { HeldBytes } from './held-bytes.ts';
import type { SpareCredit } from './spare-credit.ts';

/** The link, as its streams see it. */
export interface Carrier {
  /** It takes no more streams, and closes with its last one. */
  readonly isLeaving: boolean;
  /** What was written to it has not left yet. */
  readonly isFull: boolean;
  readonly unsentBytes: number;
  flushFirst(text: Flushable): void;
  sendData(stream: LinkStream, chunk: Buffer | string): void;
  sendEnd(stream: LinkStream): void;
  sendCredit(stream: LinkStream, bytes: number): void;
  /** The stream has closed; `reset`: the other side must hear of it. */
  leave(stream: LinkStream, reset: boolean): void;
  readonly spare: SpareCredit;
}

export class LinkStream extends EventEmitter implements ByteStream {
  /** Its number on the link; 0 before its first frame. */
  id: number;
  destroyed = false;
  closed = false;
  readableEnded = false;
  readonly #link: Carrier;
  /** Bytes that may be written. */
  #credit = INITIAL_CREDIT;
  /** What there is no credit for. */
  #queue: Buffer[] = [];
  #ending = false;
  #endSent = false;
  /** Bytes that the other side may send before it is given credit. */
  #allowed = INITIAL_CREDIT;
  /** What it may send at once. */
  #window = INITIAL_CREDIT;
  /** Bytes read since credit was given, and since the window last grew. */
  #read = 0;
  #readInWindow = 0;
  #paused: boolean;
  #flowing = false;
  readonly #held = new HeldBytes();
  #endReceived = false;
  /** Opened here: what has come of it is still read when it has been reset, or its link is gone, as of a socket. */
  readonly #own: boolean;
  #lost = false;

  /** One that the other side has opened waits for `resume`, so that whoever takes it can listen first. */
  constructor(link: Carrier, id: number) {
    super();
    this.#link = link;
    this.id = id;
    this.#own = id === 0;
    this.#paused = !this.#own;
  }

  get isLeaving(): boolean {
    return this.#link.isLeaving;
  }

  get writableNeedDrain(): boolean {
    return !this.#lost && (this.#queue.length > 0 || this.#link.isFull);
  }

  /** Bytes that have not left yet. */
  get writableLength(): number {
    const queued = this.#queue.reduce((sum, { length }) => sum + length, 0);
    return this.#lost ? 0 : queued + this.#link.unsentBytes;
  }

  write(chunk: Buffer | string, _encoding?: 'latin1'): boolean {
    if (this.destroyed || this.#ending) return false;
    const { length } = chunk;
    if (length === 0) return !this.writableNeedDrain;
    if (this.#queue.length === 0 && length <= this.#credit && length <= MAX_FRAME_BYTES) {
      this.#credit -= length;
      this.#link.sendData(this, chunk);
    } else {
      this.#queue.push(typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk);
      this.#sendQueue();
    }
    return !this.writableNeedDrain;
  }

  flushFirst(text: Flushable): void {
    this.#link.flushFirst(text);
  }

  /** The link writes once for each turn of the event loop in any case. */
  cork(): void {}

  uncork(): void {}

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    // As with sockets of Node not from within: whoever resumes may be in the middle of what it has read.
    if (this.#flowing || !(this.#endReceived || this.#lost || this.#held.length > 0)) return;
    this.#flowing = true;
    process.nextTick(() => this.#flow());
  }

  end(): void {
    if (this.destroyed || this.#ending) return;
    this.#ending = true;
    this.#sendQueue();
  }

  destroy(): void {
    if (this.destroyed) return;
    if (!this.#lost) this.#link.leave(this, !(this.#endSent && this.#endReceived));
    this.#close();
  }

  resetAndDestroy(): void {
    this.destroy();
  }

  // From the link.

  /** False: it is more than the stream has been given credit for. */
  received(chunk: Buffer): boolean {
    if (this.destroyed) return true;
    this.#allowed -= chunk.length;
    if (this.#allowed < 0 || this.#endReceived) return false;
    if (this.#paused || this.#held.length > 0) this.#held.add(chunk);
    else this.#pass(chunk);
    return true;
  }

  endReceived(): void {
    this.#endReceived = true;
    if (!this.#paused && this.#held.length === 0) this.#passEnd();
  }

  /** False: it has been given more than there is. */
  credited(bytes: number): boolean {
    this.#credit += bytes;
    if (this.#credit > MAX_CREDIT) return false;
    if (this.#queue.length === 0) return true;
    this.#sendQueue();
    if (!this.destroyed && !this.writableNeedDrain) this.emit('drain');
    return true;
  }

  /** What was written to the link has left. */
  linkDrained(): void {
    if (this.#queue.length === 0) this.emit('drain');
  }

  /** It has been reset, or the link is gone: it has left the link already. */
  dropped(): void {
    if (this.destroyed || this.#lost) return;
    this.#lost = true;
    this.#ending = true;
    this.#queue = [];
    const isUnread = this.#held.length > 0 || (this.#endReceived && !this.readableEnded);
    if (!this.#own || !isUnread) this.#close();
  }

  #close(): void {
    this.destroyed = true;
    this.#queue = [];
    this.#held.take();
    this.#link.spare.giveBack(this.#window - INITIAL_CREDIT);
    process.nextTick(() => {
      this.closed = true;
      this.emit('close');
    });
  }

  #sendQueue(): void {
    for (let next = this.#queue[0]; next !== undefined && this.#credit > 0; next = this.#queue[0]) {
      const part = next.subarray(0, Math.min(this.#credit, MAX_FRAME_BYTES));
      this.#credit -= part.length;
      this.#link.sendData(this, part);
      if (part.length === next.length) this.#queue.shift();
      else this.#queue[0] = next.subarray(part.length);
    }
    if (!this.#ending || this.#endSent || this.#queue.length > 0) return;
    this.#endSent = true;
    this.#link.sendEnd(this);
    if (this.readableEnded) this.destroy();
  }

  #flow(): void {
    this.#flowing = false;
    if (this.destroyed || this.#paused) return;
    if (this.#held.length > 0) this.#pass(this.#held.take());
    if (this.#endReceived && !this.#paused) this.#passEnd();
    if (this.#lost && !this.#paused) this.destroy();
  }

  #pass(chunk: Buffer): void {
    this.emit('data', chunk);
    if (this.destroyed) return;
    this.#read += chunk.length;
    this.#readInWindow += chunk.length;
    if (2 * this.#read >= this.#window && !this.#endReceived && !this.#lost) this.#giveCredit();
  }

  /**
   * Where a whole window has been read, what may be under way is doubled, as far as the sidecar has any to spare: over a long
   * way a small window would bound the rate.
   */
  #giveCredit(): void {
    let bytes = this.#read;
    const window = this.#window;
    if (this.#readInWindow >= window && 2 * window <= MAX_CREDIT && this.#link.spare.take(window)) {
      this.#window = 2 * window;
      this.#readInWindow = 0;
      bytes += window;
    }
    this.#read = 0;
    this.#allowed += bytes;
    this.#link.sendCredit(this, bytes);
  }

  #passEnd(): void {
    if (this.readableEnded || this.destroyed) return;
    this.readableEnded = true;
    this.emit('end');
    if (this.#endSent) this.destroy();
  }
}
