/**
 * The socket to an endpoint. Node reads into fresh memory each time, which costs a gateway more than copying does
 * (docs/decisions/0007), so these sockets read into buffers that are kept: small reads into one that all of them share,
 * out of which they are copied, and a stream that fills whole buffers into large ones of its own, which are passed on
 * uncopied.
 */
import { connect, type Socket } from 'node:net';
import type { Place } from './decide/pick-endpoint.ts';

const SHARED_BYTES = 128 * 1024;
/** The more a read takes, the fewer there are: a gigabyte costs two thirds of what it does at 128 KB. */
const STREAM_BYTES = 512 * 1024;
/** 32 MB in all: clients that do not read hold theirs. Other streams go by the shared one. */
const MOST_LENT = 64;
/** Kept for the next stream; more than so many are let go. */
const SPARE_BUFFERS = 8;

/** The buffers of one gateway. */
export interface ReadBuffers {
  readonly shared: Buffer;
  /** Undefined while too many are lent; each must be given back once. */
  take(): Buffer | undefined;
  giveBack(buffer: Buffer): void;
}

export function createReadBuffers(): ReadBuffers {
  const spare: Buffer[] = [];
  let lent = 0;
  return {
    shared: Buffer.allocUnsafeSlow(SHARED_BYTES),
    take: () => {
      if (lent === MOST_LENT) return undefined;
      lent += 1;
      return spare.pop() ?? Buffer.allocUnsafeSlow(STREAM_BYTES);
    },
    giveBack: (buffer) => {
      lent -= 1;
      if (spare.length < SPARE_BUFFERS) spare.push(buffer);
    },
  };
}

export class Upstream {
  readonly socket: Socket;
  readonly #buffers: ReadBuffers;
  /** Only while reads fill buffers: what is idle holds none. */
  #own: Buffer | undefined;
  #to: Socket | undefined;
  #moved: ((bytes: number) => void) | undefined;

  /** Begins to connect; paused. */
  constructor({ address, port }: Place, { buffers }: { readonly buffers: ReadBuffers }) {
    this.#buffers = buffers;
    this.socket = connect({
      ...{ host: address, port, allowHalfOpen: true, noDelay: true },
      onread: {
        buffer: () => this.#own ?? buffers.shared,
        callback: (length, buffer) => this.#read(length, buffer as Buffer),
      },
    });
    this.socket.pause();
    this.socket.once('close', () => this.#letGo());
  }

  /** Where its bytes go from the next `resume` on; `moved` hears of each read. */
  pour(to: Socket, moved: (bytes: number) => void): void {
    this.#to = to;
    this.#moved = moved;
    to.on('drain', () => this.socket.resume());
  }

  /** False: stop reading, until `drain`. */
  #read(length: number, buffer: Buffer): boolean {
    if (this.#to === undefined) return false;
    this.#moved?.(length);
    const bytes = buffer.subarray(0, length);
    const isOwn = buffer === this.#own;
    this.#own = length === buffer.length ? this.#buffers.take() : undefined;
    return isOwn
      ? this.#to.write(bytes, () => this.#buffers.giveBack(buffer))
      : this.#to.write(Buffer.from(bytes));
  }

  #letGo(): void {
    if (this.#own !== undefined) this.#buffers.giveBack(this.#own);
    this.#own = undefined;
  }
}
