/** Connections to an application: beside this proxy, or in a pod that has none. */
import net from 'node:net';
import { err, ok, type Result } from '../../mesh/kit/result.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import type { HostPort } from '../addresses.ts';

/** Loopback, or the network of one cluster: an application that does not accept within this time does not listen. */
const TIMEOUT_MS = 1_000;

export function dialApp({ host, port }: HostPort): Promise<Result<net.Socket, Fault>> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port, allowHalfOpen: true, noDelay: true });
    const refuse = (message: string): void => {
      socket.destroy();
      resolve(err(fault('application_unreachable', `${host}:${port}`, message)));
    };
    const onError = (error: Error): void => refuse(error.message);
    socket.once('error', onError);
    socket.setTimeout(TIMEOUT_MS, () => refuse('does not accept the connection'));
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.removeAllListeners('timeout');
      socket.off('error', onError);
      socket.on('error', () => socket.destroy());
      resolve(ok(socket));
    });
  });
}
