/** A Unix socket that only its owner may open, in the place of one that a killed run left behind. */
import { chmod, lstat, rm } from 'node:fs/promises';
import net from 'node:net';

export interface SocketListener {
  /** Ends every connection; the file is gone then. */
  stop(): Promise<void>;
}

const MAX_CONNECTIONS = 16;

export async function listenOnSocket(
  path: string,
  onConnection: (socket: net.Socket) => void,
): Promise<SocketListener> {
  const held = await lstat(path).catch(() => undefined);
  if (held?.isSocket() === true) await rm(path);
  const open = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    socket.on('error', () => socket.destroy());
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    onConnection(socket);
  });
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  await chmod(path, 0o600);
  return {
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
