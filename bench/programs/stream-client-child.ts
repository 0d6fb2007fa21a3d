/** The client of a gateway: opens connections with a ClientHello that names the service, and counts what comes of it. */
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { helloFor } from '../../gateway/decide/testing/hellos.ts';
import { SERVER_NAME } from '../names.ts';

export type StreamOrder =
  /** Reads as fast as it comes. Answered by bytes per second. */
  | { readonly kind: 'bulk'; readonly port: number; readonly connections: number; readonly forMs: number }
  /** Opens, waits for one byte, closes, again. Answered by connections per second. */
  | { readonly kind: 'churn'; readonly port: number; readonly connections: number; readonly forMs: number }
  /** Opens so many and keeps them; answered by how many are open. */
  | { readonly kind: 'keep'; readonly port: number; readonly connections: number }
  | { readonly kind: 'close' };

const HELLO = helloFor(SERVER_NAME);
/** Connections that are being opened at one time. */
const OPENING = 64;
/** One buffer for all sockets: what is read is only counted, before the next read. */
const BUFFER = Buffer.allocUnsafe(256 * 1024);
const kept: Socket[] = [];

function open(port: number, onRead: (bytes: number) => void): Socket {
  const socket = connect({
    ...{ port, host: '127.0.0.1', noDelay: true },
    onread: {
      buffer: BUFFER,
      callback(bytes) {
        onRead(bytes);
        return true;
      },
    },
  });
  socket.on('error', () => socket.destroy());
  socket.write(HELLO);
  return socket;
}

async function bulk({ port, connections, forMs }: Extract<StreamOrder, { kind: 'bulk' }>): Promise<number> {
  let bytes = 0;
  const sockets = Array.from({ length: connections }, () => open(port, (count) => void (bytes += count)));
  await delay(200);
  const [startedAt, before] = [performance.now(), bytes];
  await delay(forMs);
  const rate = (bytes - before) / ((performance.now() - startedAt) / 1000);
  for (const socket of sockets) socket.destroy();
  return rate;
}

async function churn({ port, connections, forMs }: Extract<StreamOrder, { kind: 'churn' }>): Promise<number> {
  let done = 0;
  let going = true;
  const next = (): void => {
    const socket = open(port, () => {
      done += 1;
      socket.end();
      if (going) next();
    });
  };
  for (let i = 0; i < connections; i++) next();
  await delay(200);
  const [startedAt, before] = [performance.now(), done];
  await delay(forMs);
  const rate = (done - before) / ((performance.now() - startedAt) / 1000);
  going = false;
  return rate;
}

async function keep({ port, connections }: Extract<StreamOrder, { kind: 'keep' }>): Promise<number> {
  while (kept.length < connections) {
    const batch = Array.from({ length: Math.min(OPENING, connections - kept.length) }, () =>
      open(port, () => undefined),
    );
    kept.push(...batch);
    await Promise.all(batch.map((socket) => new Promise((connected) => socket.once('connect', connected))));
    await delay(10);
  }
  return kept.filter((socket) => !socket.destroyed).length;
}

function closeKept(): number {
  for (const socket of kept.splice(0)) socket.destroy();
  return 0;
}

function obey(order: StreamOrder): Promise<number> | number {
  if (order.kind === 'bulk') return bulk(order);
  if (order.kind === 'churn') return churn(order);
  return order.kind === 'keep' ? keep(order) : closeKept();
}

process.on('message', (order: StreamOrder) => {
  void Promise.resolve(obey(order)).then((value) => process.send?.({ value }));
});
process.on('disconnect', () => process.exit());
process.send?.({});
