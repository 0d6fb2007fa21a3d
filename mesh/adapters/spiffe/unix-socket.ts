/** A Unix socket that nobody may open but who shall, in the place of one that a killed run left behind. */
import { lstat, rm } from 'node:fs/promises';
import net from 'node:net';

export interface SocketListener {
  /** Ends every connection; the file is gone then. */
  stop(): Promise<void>;
}

const MAX_CONNECTIONS = 16;

export interface SocketOptions {
  readonly path: string;
  /** Who may open it, as permissions of the file. */
  readonly mode: number;
  readonly onConnection: (socket: net.Socket) => void;
  /** A connection too many was closed. */
  readonly onDrop: () => void;
}

export async function listenOnSocket(options: SocketOptions): Promise<SocketListener> {
  const { path, mode, onConnection, onDrop } = options;
  await removeLeft(path);
  const open = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    socket.on('error', () => socket.destroy());
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    onConnection(socket);
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('drop', onDrop);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', resolve);
    // The file is made within this call: at no moment is it open to more.
    const before = process.umask(0o777 & ~mode);
    try {
      server.listen({ path });
    } finally {
      process.umask(before);
    }
  });
  return {
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}

/** Only one that nobody listens to any more. */
async function removeLeft(path: string): Promise<void> {
  const held = await lstat(path).catch(() => undefined);
  if (held?.isSocket() !== true) return;
  if (await answers(path)) throw new Error(`${path}: another process listens there`);
  await rm(path, { force: true });
}

/** What refuses has no listener; every other fault says nothing of the kind. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ path });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
