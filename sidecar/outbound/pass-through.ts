/** A captured connection to what is no service of the mesh: on to where it was going, byte for byte. */
import net from 'node:net';
import type { Socket } from 'node:net';
import type { HostPort } from '../addresses.ts';
import { splice } from '../splice.ts';

/**
 * The client's socket allows half-open, is paused and has an `error` listener. It was told that it is connected before
 * the destination was: where that refuses, it is reset.
 */
export function passThrough(client: Socket, to: HostPort, ended: () => void): void {
  const upstream = net.connect({ ...to, allowHalfOpen: true, noDelay: true, keepAlive: true });
  const abandon = (): void => {
    upstream.destroy();
    ended();
  };
  const failed = (): void => {
    client.off('close', abandon);
    client.resetAndDestroy();
    ended();
  };
  client.once('close', abandon);
  upstream.once('error', failed);
  upstream.once('connect', () => {
    client.off('close', abandon);
    upstream.off('error', failed);
    splice({ socket: client }, { socket: upstream }, { moved: () => undefined, done: ended });
  });
}
