/** Connections to the application beside this sidecar. */
import net from 'node:net';
import { err, ok, type Result } from '../../mesh/kit/result.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';

const APP_HOST = '127.0.0.1';
/** Loopback: an application that does not accept within this time does not listen. */
const TIMEOUT_MS = 1_000;

export function dialApp(port: number): Promise<Result<net.Socket, Fault>> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: APP_HOST, port, allowHalfOpen: true, noDelay: true });
    const refuse = (message: string): void => {
      socket.destroy();
      resolve(err(fault('application_unreachable', `${APP_HOST}:${port}`, message)));
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
