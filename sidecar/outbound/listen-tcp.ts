/** A TCP listener for the application: all that it calls comes in by one. */
import net from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { SidecarContext } from '../context.ts';
import type { HostPort } from '../addresses.ts';

export interface Listening {
  readonly address: HostPort;
  /** Takes no new connections from now on; open ones stay. */
  close(): void;
}

/** Sockets are handed over paused, with half-open allowed and an `error` listener. */
export function listenTcp(
  context: SidecarContext,
  at: HostPort,
  accept: (socket: Socket) => void,
): Promise<Listening> {
  const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    accept(socket);
  });
  server.maxConnections = context.settings.maxClients;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(at.port, at.host, () => {
      server.off('error', reject);
      server.on('error', (cause) => context.log.error('listener failed', { detail: cause.message }));
      const { port } = server.address() as AddressInfo;
      resolve({ address: { host: at.host, port }, close: () => void server.close() });
    });
  });
}
