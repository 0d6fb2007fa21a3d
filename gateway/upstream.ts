/**
 * The socket to an endpoint. Node reads into fresh memory each time, which costs a gateway more than copying does
 * (docs/decisions/0007), so these sockets read into buffers that are kept: small reads into one that all of them share,
 * out of which they are copied, and a stream that fills whole buffers into one of its own, which is passed on uncopied.
 */
import { connect, type Socket } from 'node:net';
import type { Place } from './decide/pick-endpoint.ts';

const BUFFER_BYTES = 128 * 1024;
/** Kept for the next stream; more than so many are let go. */
const SPARE_BUFFERS = 16;

/** The buffers of one gateway. */
export interface ReadBuffers {
  readonly shared: Buffer;
  take(): Buffer;
  giveBack(buffer: Buffer): void;
}

export function createReadBuffers(): ReadBuffers {
  const spare: Buffer[] = [];
  const create = (): Buffer => Buffer.allocUnsafeSlow(BUFFER_BYTES);
  return {
    shared: create(),
    take: () => spare.pop() ?? create(),
    giveBack: (buffer) => void (spare.length < SPARE_BUFFERS && spare.push(buffer)),
  };
}

export class Upstream {
  readonly socket: Socket;
  readonly #buffers: ReadBuffers;
  /** Only while reads fill it: what is idle holds no buffer. */
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
    const isFull = length === buffer.length;
    if (buffer === this.#buffers.shared) {
      if (isFull) this.#own = this.#buffers.take();
      return this.#to.write(Buffer.from(bytes));
    }
    this.#own = isFull ? this.#buffers.take() : undefined;
    return this.#to.write(bytes, () => this.#buffers.giveBack(buffer));
  }
}
