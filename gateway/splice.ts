/** Joins two sockets byte for byte, with backpressure, each direction ending by itself. */
import type { Socket } from 'node:net';
import type { Upstream } from './upstream.ts';

export interface SpliceEvents {
  /** Called for each chunk passed on; `fromClient` tells the direction. */
  moved(bytes: number, fromClient: boolean): void;
  /** Called once, when both sockets are closed; `clean` when no side was reset. */
  done(clean: boolean): void;
}

/**
 * `first` goes upstream before anything else. Both sockets allow half-open and have no `data` listener. A FIN of one
 * side becomes a FIN to the other; a reset becomes a reset, so that a cut stream never looks like a finished one.
 */
export function splice(
  client: Socket,
  from: Upstream,
  // Taken apart here, so that what lives as long as the connection does not hold its first bytes.
  { first, events }: { readonly first: Buffer; readonly events: SpliceEvents },
): void {
  const upstream = from.socket;
  let open = 2;
  let clean = true;
  const closed = (): void => {
    open -= 1;
    if (open === 0) events.done(clean);
  };
  const onReset = (other: Socket) => (): void => {
    clean = false;
    if (!other.destroyed) other.resetAndDestroy();
  };
  for (const [side, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    side.on('error', onReset(other));
    side.once('close', () => {
      // A side destroyed from here, without an error of its own, takes the other one along.
      if (!other.destroyed && !side.readableEnded) other.destroy();
      closed();
    });
    side.once('end', () => finish(other));
  }
  client.on('data', (chunk: Buffer) => {
    events.moved(chunk.length, true);
    if (!upstream.write(chunk)) client.pause();
  });
  upstream.on('drain', () => client.resume());
  from.pour(client, (bytes) => events.moved(bytes, false));
  events.moved(first.length, true);
  if (upstream.write(first)) client.resume();
  upstream.resume();
  // A FIN that came together with the first bytes has been read already, though the socket was paused.
  if (client.readableEnded) upstream.end();
}

/** Sends the FIN. Where nothing is left to read or to write, closing sends it too, and saves a call and its answer. */
function finish(socket: Socket): void {
  if (socket.readableEnded && socket.writableLength === 0) socket.destroy();
  else socket.end();
}
