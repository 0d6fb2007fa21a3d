/**
 * What stands behind a gateway: a plain TCP server, for the gateway passes bytes on unread. Its first message is its
 * port. What it does with a connection once its first bytes have come: `source` sends without end, `answer` sends one
 * byte, `hold` nothing.
 */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';

export interface BackendInput {
  readonly does: 'source' | 'answer' | 'hold';
}

const { does } = JSON.parse(process.argv[2] ?? '') as BackendInput;
const CHUNK = Buffer.alloc(256 * 1024);
const BYTE = Buffer.from('a');

function pour(socket: Socket): void {
  while (socket.writable && socket.write(CHUNK));
}

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy()).on('data', () => undefined);
  if (does === 'answer') socket.once('data', () => socket.write(BYTE));
  if (does === 'source') socket.once('data', () => pour(socket)).on('drain', () => pour(socket));
}).listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
await once(server, 'listening');
process.on('disconnect', () => process.exit());
process.send?.({ port: (server.address() as AddressInfo).port });
