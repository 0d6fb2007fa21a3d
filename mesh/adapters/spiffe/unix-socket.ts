/** A Unix socket that nobody may open but who shall, in the place of one that a killed run left behind. */
import { chmod, lstat, mkdtemp, rename, rm } from 'node:fs/promises';
import net from 'node:net';
import { dirname, join } from 'node:path';

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
  await checkPlace(path);
  const open = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    socket.on('error', () => socket.destroy());
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    onConnection(socket);
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('drop', onDrop);
  await bindAt(server, path, mode);
  return {
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open) socket.destroy();
      await Promise.all([closed, rm(path, { force: true })]);
    },
  };
}

/** In a folder of its own until its permissions are right: at no moment is it open to more. */
async function bindAt(server: net.Server, path: string, mode: number): Promise<void> {
  const folder = await mkdtemp(join(dirname(path), '.-'));
  const fresh = join(folder, 's');
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ path: fresh }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    await chmod(fresh, mode);
    await rename(fresh, path);
  } catch (cause) {
    server.close();
    throw cause;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Only a socket that nobody listens to any more may be replaced. */
async function checkPlace(path: string): Promise<void> {
  const held = await lstat(path).catch(() => undefined);
  if (held === undefined) return;
  if (!held.isSocket()) throw new Error(`${path}: is there already, and is no socket`);
  if (await answers(path)) throw new Error(`${path}: another process listens there`);
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
