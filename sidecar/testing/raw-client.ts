/** A client of bare bytes, for what no well-behaved client sends. */
import net from 'node:net';
import type { HostPort } from '../addresses.ts';
import { until } from './applications.ts';

export interface RawClient {
  readonly socket: net.Socket;
  /** All that has come, as Latin-1. */
  readonly text: () => string;
  readonly ended: () => boolean;
  readonly closed: () => boolean;
  /** Waits until all that has come matches. */
  expect(pattern: RegExp): Promise<string>;
}

export async function rawClient({ host, port }: HostPort): Promise<RawClient> {
  const socket = net.connect({ host, port, allowHalfOpen: true });
  const chunks: Buffer[] = [];
  let ended = false;
  let closed = false;
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('end', () => (ended = true));
  socket.on('close', () => (closed = true));
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('connect', resolve));
  const text = (): string => Buffer.concat(chunks).toString('latin1');
  return {
    ...{ socket, text, ended: () => ended, closed: () => closed },
    async expect(pattern) {
      await until(`${pattern} in what came`, () => pattern.test(text()) || closed);
      if (!pattern.test(text()))
        throw new Error(`closed without ${pattern}; came: ${JSON.stringify(text().slice(0, 400))}`);
      return text();
    },
  };
}
