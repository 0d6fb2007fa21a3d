/** A port that neither accepts nor refuses, as a host that has vanished: its queue is full and nobody empties it. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { onTestFinished } from 'vitest';

const LISTEN_AND_FREEZE = `
  const { parentPort } = require('node:worker_threads');
  const server = require('node:net').createServer();
  server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), 20);
  });
`;

export async function silentPort(): Promise<number> {
  const worker = new Worker(LISTEN_AND_FREEZE, { eval: true });
  const [port] = (await once(worker, 'message')) as [number];
  const fillers: Socket[] = [];
  onTestFinished(async () => {
    for (const filler of fillers) filler.destroy();
    await worker.terminate();
  });
  await new Promise((resolve) => setTimeout(resolve, 100));
  for (let full = false; !full;) {
    const filler = connect({ host: '127.0.0.1', port }).on('error', () => undefined);
    fillers.push(filler);
    const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(true), 100));
    full = await Promise.race([once(filler, 'connect').then(() => false), late]);
  }
  return port;
}
