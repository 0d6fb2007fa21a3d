/**
 * Writes heads and bodies to a connection with few system calls: what is small and written in one turn of the event
 * loop goes out in one piece. Large chunks go out as they are, uncopied.
 */
import type { Framing } from '../decide/http1/head.ts';
import type { ByteStream } from '../streams/byte-stream.ts';

/** Up to here, copying is cheaper than a write of several parts. */
const SMALL = 4 * 1024;

export class Output {
  readonly #socket: ByteStream;
  #held = '';
  #scheduled = false;

  constructor(socket: ByteStream) {
    this.#socket = socket;
  }

  /** `text` is Latin-1. */
  text(text: string): void {
    this.#held = this.#held === '' ? text : this.#held + text;
    if (this.#scheduled) return;
    this.#scheduled = true;
    if (this.#socket.flushFirst === undefined) process.nextTick(flushLater, this);
    else this.#socket.flushFirst(this);
  }

  /** A part of a body. False: wait for `drain`. */
  body(framing: Framing, chunk: Buffer): boolean {
    if (chunk.length === 0) return true;
    if (framing.kind === 'chunked') this.text(`${chunk.length.toString(16)}\r\n`);
    if (chunk.length <= SMALL && this.#held.length <= SMALL) this.text(chunk.toString('latin1'));
    else this.#large(chunk);
    if (framing.kind === 'chunked') this.text('\r\n');
    return !this.#socket.writableNeedDrain;
  }

  bodyEnd(framing: Framing): void {
    if (framing.kind === 'chunked') this.text('0\r\n\r\n');
  }

  flush(): void {
    this.#scheduled = false;
    const held = this.#held;
    if (held === '') return;
    this.#held = '';
    if (!this.#socket.destroyed) this.#socket.write(held, 'latin1');
  }

  #large(chunk: Buffer): void {
    const socket = this.#socket;
    if (socket.destroyed) return;
    socket.cork();
    this.flush();
    socket.write(chunk);
    socket.uncork();
  }
}

function flushLater(output: Output): void {
  output.flush();
}
