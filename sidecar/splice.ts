/** Joins two sockets byte for byte, with backpressure, each direction ending by itself. */
import type { ByteStream } from './streams/byte-stream.ts';

/** One end. `raw` is the TCP socket below TLS: only it can be reset. */
export interface SpliceSide {
  readonly socket: ByteStream;
  readonly raw?: ByteStream | undefined;
  /** What has been read of it, and goes to the other side first. */
  readonly first?: Buffer | undefined;
}

export interface SpliceEvents {
  /** Called for each chunk passed on; `fromClient` tells the direction. */
  moved(bytes: number, fromClient: boolean): void;
  /** Called once, when both sockets are closed; `clean` when no side was reset. */
  done(clean: boolean): void;
}

/**
 * Both sockets allow half-open and have no listeners for `data` and `end`. A FIN of one side becomes a FIN to the
 * other; a reset becomes a reset, so that a cut stream never looks like a finished one.
 */
export function splice(client: SpliceSide, upstream: SpliceSide, events: SpliceEvents): void {
  let open = 2;
  let clean = true;
  const closed = (): void => {
    open -= 1;
    if (open === 0) events.done(clean);
  };
  const joinEnds = ({ socket }: SpliceSide, other: SpliceSide): void => {
    socket.on('error', () => {
      clean = false;
      reset(other);
    });
    if (socket.closed) return closed();
    socket.once('close', () => {
      // Destroyed from here, without an error of its own: the other side must not take that for an end.
      if (!other.socket.destroyed && !socket.readableEnded) reset(other);
      closed();
    });
  };
  joinEnds(client, upstream);
  joinEnds(upstream, client);
  pass(client, upstream.socket, (bytes) => events.moved(bytes, true));
  pass(upstream, client.socket, (bytes) => events.moved(bytes, false));
}

function reset({ socket, raw = socket }: SpliceSide): void {
  if (!raw.destroyed && !('encrypted' in raw)) raw.resetAndDestroy();
  socket.destroy();
}

function pass({ socket: from, first }: SpliceSide, to: ByteStream, moved: (bytes: number) => void): void {
  const write = (chunk: Buffer): boolean => {
    moved(chunk.length);
    return to.write(chunk);
  };
  from.on('data', (chunk: Buffer) => {
    if (!write(chunk)) from.pause();
  });
  to.on('drain', () => from.resume());
  from.once('end', () => to.end());
  const flowing = first === undefined || first.length === 0 || write(first);
  if (from.readableEnded) to.end();
  else if (flowing) from.resume();
  else from.pause();
}
