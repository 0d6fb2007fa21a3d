/** Opens the connection to what a client asked for. */
import type { Socket } from 'node:net';
import { err, ok, type Result } from '../mesh/kit/result.ts';
import type { ReasonCode } from '../mesh/model/reason.ts';
import type { Place } from './decide/pick-endpoint.ts';
import type { DeadlineQueue, Delayed } from './deadline-queue.ts';
import { Upstream, type ReadBuffers } from './upstream.ts';

/** A socket that is being connected; a deadline queue ends it with `connect_timeout`. */
export interface Dialling extends Delayed {
  expire(): void;
}

export interface DialOptions {
  readonly timeouts: DeadlineQueue<Dialling>;
  readonly buffers: ReadBuffers;
}

/**
 * One try. Fails with `connect_failed`, `connect_timeout`, `client_closed` when the client goes first, or `io_failed`
 * when this machine is out of sockets, for which the endpoint is not to blame.
 */
export function dialOnce(
  to: Place,
  client: Socket,
  options: DialOptions,
): Promise<Result<Upstream, ReasonCode>> {
  return new Promise((resolve) => {
    if (client.destroyed) return resolve(err('client_closed'));
    const upstream = new Upstream(to, options);
    const { socket } = upstream;
    const settle = (result: Result<Upstream, ReasonCode>): void => {
      options.timeouts.remove(dialling);
      client.off('close', onClientGone);
      socket.off('connect', onConnect);
      if (!result.ok) socket.destroy();
      resolve(result);
    };
    const dialling: Dialling = { expire: () => settle(err('connect_timeout')) };
    const onClientGone = (): void => settle(err('client_closed'));
    const onConnect = (): void => {
      socket.off('error', onError);
      settle(ok(upstream));
    };
    const onError = (error: NodeJS.ErrnoException): void => settle(err(reasonOf(error)));
    options.timeouts.add(dialling);
    client.once('close', onClientGone);
    socket.once('connect', onConnect).on('error', onError);
  });
}

const OWN_FAULTS = new Set(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS', 'ENOMEM']);

function reasonOf(error: NodeJS.ErrnoException): ReasonCode {
  return OWN_FAULTS.has(error.code ?? '') ? 'io_failed' : 'connect_failed';
}
