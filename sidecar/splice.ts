/** Joins two sockets byte for byte, with backpressure, each direction ending by itself. */
import type { Socket } from 'node:net';

export interface SpliceEvents {
  /** Called for each chunk passed on; `fromClient` tells the direction. */
  moved(bytes: number, fromClient: boolean): void;
  /** Called once, when both sockets are closed; `clean` when no side was reset. */
  done(clean: boolean): void;
}

export interface SpliceStart {
  /** What has been read of the client's bytes, and of the upstream's, and goes first. */
  readonly fromClient?: Buffer | undefined;
  readonly fromUpstream?: Buffer | undefined;
  readonly events: SpliceEvents;
}

/**
 * Both sockets allow half-open and have no listeners for `data` and `end`. A FIN of one side becomes a FIN to the
 * other; a reset cuts the other too, so that a cut stream never looks like a finished one.
 */
export function splice(client: Socket, upstream: Socket, start: SpliceStart): void {
  const { events, fromClient, fromUpstream } = start;
  let open = 2;
  let clean = true;
  const closed = (): void => {
    open -= 1;
    if (open === 0) events.done(clean);
  };
  const joinEnds = (side: Socket, other: Socket): void => {
    side.on('error', () => {
      clean = false;
      cut(other);
    });
    if (side.closed) return closed();
    side.once('close', () => {
      if (!other.destroyed && !side.readableEnded) cut(other);
      closed();
    });
  };
  joinEnds(client, upstream);
  joinEnds(upstream, client);
  pass(client, upstream, { first: fromClient, moved: (bytes) => events.moved(bytes, true) });
  pass(upstream, client, { first: fromUpstream, moved: (bytes) => events.moved(bytes, false) });
}

/** A reset where the socket is plain TCP; TLS ends without its close_notify, which says the same. */
function cut(socket: Socket): void {
  if (socket.destroyed) return;
  if ('encrypted' in socket) socket.destroy();
  else socket.resetAndDestroy();
}

interface Passing {
  readonly first: Buffer | undefined;
  moved(bytes: number): void;
}

function pass(from: Socket, to: Socket, { first, moved }: Passing): void {
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
