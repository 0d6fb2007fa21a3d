/** Answers connections: any number of messages, one after the other (RFC 7766), within bounds for one that stays. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createFrameReader, framed } from './frame-reader.ts';
import { respond } from './respond.ts';
import type { Listener, ServerOptions } from './server-options.ts';

/** Without a whole message for so long a connection is ended, also one that sends an octet now and then. */
const IDLE_MS = 10_000;
const MAX_CONNECTIONS = 256;
/** Of these one address may hold so many: nobody shuts others out alone. */
const MAX_FROM_ONE = 128;

/** Rejects when it cannot listen. */
export async function startTcpServer(options: ServerOptions): Promise<Listener> {
  const open = new Map<Socket, string>();
  const server = createServer((socket) => {
    const from = socket.remoteAddress ?? '';
    const isCrowding = [...open.values()].filter((other) => other === from).length >= MAX_FROM_ONE;
    if (open.size >= MAX_CONNECTIONS || isCrowding) {
      options.instruments.dropped('tcp', 'busy');
      socket.destroy();
      return;
    }
    open.set(socket, from);
    socket.once('close', () => open.delete(socket));
    serveConnection(socket, options);
  });
  server.listen({ host: options.host, port: options.port });
  await once(server, 'listening');
  server.on('error', (cause) => options.log.warn('the listener of DNS failed', { cause }));
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of open.keys()) socket.destroy();
      await closed;
    },
  };
}

function serveConnection(socket: Socket, { zone, instruments, clock }: ServerOptions): void {
  const reader = createFrameReader();
  const end = (reason: 'idle' | 'oversized' | 'short' | 'response'): void => {
    if (!socket.destroyed) instruments.dropped('tcp', reason);
    socket.destroy();
  };
  let cancel = clock.after(IDLE_MS, () => end('idle'));
  /** Who does not read its replies is not read from. */
  const work = (): void => {
    while (!socket.writableNeedDrain && !socket.destroyed) {
      const frame = reader.next();
      if (frame.kind === 'need-more') return void socket.resume();
      if (frame.kind === 'oversized') return end('oversized');
      const response = respond(zone, frame.bytes, 'tcp');
      if (response.kind === 'silence') return end(response.reason);
      instruments.answered('tcp', response.rcode);
      socket.write(framed(response.bytes));
      cancel();
      cancel = clock.after(IDLE_MS, () => end('idle'));
    }
    socket.pause();
  };
  socket.setNoDelay(true);
  // Whoever resets a connection has closed it too.
  socket.on('error', () => undefined).on('close', () => cancel());
  socket.on('drain', work).on('data', (chunk) => {
    reader.push(chunk);
    work();
  });
}
