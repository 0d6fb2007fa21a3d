import { expect, it } from 'vitest';
import { helloFor, helloOfSize } from '../gateway/decide/testing/hellos.ts';
import { serverNameOf } from '../gateway/decide/testing/sample-view.ts';
import { dial, eventually, startBackend, type Client } from '../gateway/testing/running.ts';
import { forkGateway } from './gateway-child.ts';

const HELLO_CAP = 16 * 1024;
const NAME = serverNameOf('cart');

it('1,000 half hellos of 16 KiB at once take at most 32 MiB (S4)', async () => {
  const gateway = await forkGateway(1, 60_000);
  await (
    await dial(gateway.port, Buffer.from('GET /'))
  ).ended;
  const before = (await gateway.stats()).rssBytes;
  const half = helloOfSize(NAME, HELLO_CAP).subarray(0, HELLO_CAP - 1);
  const clients: Client[] = [];
  for (let i = 0; i < 1_000; i++) clients.push(await dial(gateway.port, half));
  await eventually('sent', () => clients.every((client) => client.socket.writableLength === 0));
  await eventually('accepted', async () => (await gateway.stats()).halfOpen === 1_000);
  let mostBytes = 0;
  for (let i = 0; i < 5; i++) mostBytes = Math.max(mostBytes, (await gateway.stats()).rssBytes);
  expect((await gateway.stats()).halfOpen).toBe(1_000);
  expect((mostBytes - before) / 2 ** 20).toBeLessThan(32);
});

it('1,000 silent and slow clients do not hold up others, and are gone by the deadline (S5)', async () => {
  const backend = await startBackend((socket) => void socket.pipe(socket));
  const deadlineMs = 2_000;
  const { port } = await forkGateway(backend.port, deadlineMs);
  const hello = helloFor(NAME);
  const attackers: Client[] = [];
  for (let i = 0; i < 1_000; i++) attackers.push(await dial(port, undefined, '127.0.0.2'));
  let sent = 0;
  const drip = setInterval(() => {
    for (const { socket } of attackers.slice(0, 500)) socket.write(hello.subarray(sent, sent + 1));
    sent += 1;
  }, 100);
  const tookMs: number[] = [];
  for (let i = 0; i < 200; i++) {
    const startedAt = performance.now();
    const client = await dial(port, hello);
    await eventually('echoed', () => client.received().length > 0);
    tookMs.push(performance.now() - startedAt);
    client.socket.destroy();
  }
  const lived = await Promise.all(attackers.map((attacker) => attacker.ended));
  clearInterval(drip);
  tookMs.sort((one, other) => one - other);
  expect(tookMs[Math.floor(0.99 * tookMs.length)]).toBeLessThan(100);
  expect(Math.max(...lived)).toBeLessThan(deadlineMs + 500);
  expect(Math.min(...lived)).toBeGreaterThan(deadlineMs - 100);
});

it('an idle proxied connection takes at most 18 KiB', async () => {
  const backend = await startBackend((socket) => void socket.once('data', () => socket.write('k')));
  const gateway = await forkGateway(backend.port, 5_000);
  const hello = helloOfSize(NAME, 1_800);
  const open = async (count: number): Promise<void> => {
    const clients: Client[] = [];
    for (let i = 0; i < count; i++) clients.push(await dial(gateway.port, hello));
    await eventually('served', () => clients.every((client) => client.received().length > 0));
  };
  await open(200);
  const before = (await gateway.stats()).rssBytes;
  await open(1_000);
  const after = await gateway.stats();
  expect(after.open).toBe(1_200);
  expect((after.rssBytes - before) / 1_000 / 1_024).toBeLessThan(18);
});
