/** Writes body bytes in the framing that the head has announced, without copying them. */
import type { Socket } from 'node:net';
import type { Framing } from '../decide/http1/head.ts';

/** False: wait for `drain`. */
export function writeBodyChunk(socket: Socket, framing: Framing, chunk: Buffer): boolean {
  if (chunk.length === 0) return true;
  if (framing.kind !== 'chunked') return socket.write(chunk);
  socket.cork();
  socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1');
  socket.write(chunk);
  const flowing = socket.write('\r\n', 'latin1');
  socket.uncork();
  return flowing;
}

export function writeBodyEnd(socket: Socket, framing: Framing): void {
  if (framing.kind === 'chunked') socket.write('0\r\n\r\n', 'latin1');
}
