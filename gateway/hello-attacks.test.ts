import { connect } from 'node:tls';
import { expect, it } from 'vitest';
import { helloFor, helloOfSize } from './decide/testing/hellos.ts';
import { dial, eventually, runGateway, startBackend, type Client } from './testing/running.ts';
import { silentPort } from './testing/silent-port.ts';
import { sampleEndpoint, sampleService, serverNameOf } from './decide/testing/sample-view.ts';

const HELLO_CAP = 16 * 1024;
const NAME = serverNameOf('cart');

it('a hello cut anywhere, in segments far apart, is routed whole (S2, S3)', async () => {
  const backend = await startBackend((socket) => void socket.pipe(socket));
  const { port, metric } = await runGateway([sampleService('cart', [sampleEndpoint(backend.port)])]);
  const hello = helloOfSize(NAME, 1_800);
  const cuts = [1, 4, 5, 6, 9, 43, 100, 600, 1_216, 1_460, 1_799];
  await Promise.all(
    cuts.map(async (cut) => {
      const client = await dial(port, hello.subarray(0, cut));
      await new Promise((resolve) => setTimeout(resolve, 200));
      client.socket.write(hello.subarray(cut));
      await eventually('echoed', () => client.received().length === hello.length);
      expect(client.received()).toEqual(hello);
    }),
  );
  expect(await metric('isthmus_gateway_refused_total')).toBe(0);
});

it('no byte reaches an endpoint before the verdict (S9)', async () => {
  const backend = await startBackend();
  const { port, gateway } = await runGateway([sampleService('cart', [sampleEndpoint(backend.port)])]);
  const hello = helloFor(NAME);
  const client = await dial(port, hello.subarray(0, hello.length - 1));
  await eventually('accepted', () => gateway.stats().halfOpen === 1);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(backend.accepted.length).toBe(0);
  client.socket.end();
  await client.ended;
  expect(backend.accepted.length).toBe(0);
});

it('a hello of 16 KiB is routed, one byte more is refused (S4)', async () => {
  const backend = await startBackend((socket) => void socket.pipe(socket));
  const { port, metric } = await runGateway([sampleService('cart', [sampleEndpoint(backend.port)])]);
  const fits = await dial(port, helloOfSize(NAME, HELLO_CAP));
  await eventually('echoed', () => fits.received().length === HELLO_CAP);
  const over = await dial(port, helloOfSize(NAME, HELLO_CAP + 1));
  await over.ended;
  expect(await metric('isthmus_gateway_refused_total', 'reason="hello_too_large"')).toBe(1);
  expect(backend.accepted.length).toBe(1);
});

it('a flood over the cap of one source pushes out its own oldest, and no one else', async () => {
  const backend = await startBackend((socket) => void socket.pipe(socket));
  const { port, gateway, metric } = await runGateway(
    [sampleService('cart', [sampleEndpoint(backend.port)])],
    { settings: { maxHalfOpenPerSource: 10, maxHalfOpen: 1_000 } },
  );
  const bystander = await dial(port);
  const flood: Client[] = [];
  for (let i = 0; i < 50; i++) flood.push(await dial(port, undefined, '127.0.0.2'));
  await Promise.all(flood.slice(0, 40).map((client) => client.ended));
  expect(gateway.stats().halfOpen).toBe(11);
  expect(await metric('isthmus_gateway_refused_total', 'reason="hello_half_open_cap"')).toBe(40);
  const fromFlooded = await dial(port, helloFor(NAME), '127.0.0.2');
  bystander.socket.write(helloFor(NAME));
  for (const client of [fromFlooded, bystander]) {
    await eventually('served', () => client.received().length > 0);
  }
});

it('at the cap of all connections a new one is refused at once and counted', async () => {
  const backend = await startBackend();
  const { port, gateway, metric } = await runGateway(
    [sampleService('cart', [sampleEndpoint(backend.port)])],
    { settings: { maxConnections: 5 } },
  );
  for (let i = 0; i < 5; i++) await dial(port, helloFor(NAME));
  await eventually('all spliced', () => gateway.stats().open === 5);
  const refused = (): Promise<number> => metric('isthmus_gateway_refused_total', 'reason="connection_cap"');
  const client = await dial(port, helloFor(NAME));
  await eventually('counted', async () => (await refused()) === 1, 1_000);
  await client.ended;
  expect(backend.accepted.length).toBe(5);
});

it('the deadline runs from accept, whatever comes meanwhile (S5)', async () => {
  const { port, metric } = await runGateway([], { settings: { helloDeadlineMs: 200 } });
  const hello = helloOfSize(NAME, 1_800);
  const client = await dial(port);
  let sent = 0;
  const drip = setInterval(() => client.socket.write(hello.subarray(sent, (sent += 1))), 20);
  await eventually(
    'ended and counted',
    async () => (await metric('isthmus_gateway_refused_total', 'reason="hello_timeout"')) === 1,
    1_500,
  );
  await client.ended;
  clearInterval(drip);
});

it('the deadline holds while endpoints are dialled, too', async () => {
  const { port, metric } = await runGateway([sampleService('cart', [sampleEndpoint(await silentPort())])], {
    settings: { helloDeadlineMs: 200, dialTimeoutMs: 10_000 },
  });
  const client = await dial(port, helloFor(NAME));
  expect(await client.ended).toBeLessThan(1_000);
  await eventually(
    'counted',
    async () => (await metric('isthmus_gateway_refused_total', 'reason="hello_timeout"')) === 1,
  );
});

it('an endpoint that does not answer the dial in time is left for another one', async () => {
  const backend = await startBackend((socket) => void socket.pipe(socket));
  const endpoints = [sampleEndpoint(await silentPort()), sampleEndpoint(backend.port, { zone: 'eu-2' })];
  const { port } = await runGateway([sampleService('cart', endpoints)], { settings: { dialTimeoutMs: 100 } });
  for (const fasterThanMs of [1_000, 90]) {
    const startedAt = performance.now();
    const client = await dial(port, helloFor(NAME));
    await eventually('served', () => client.received().length > 0);
    expect(performance.now() - startedAt).toBeLessThan(fasterThanMs);
  }
});

it('a TLS client learns the reason from its alert', async () => {
  const { port } = await runGateway([]);
  const socket = connect({ host: '127.0.0.1', port, servername: NAME, minVersion: 'TLSv1.3' });
  const error = await new Promise<Error>((resolve) => socket.once('error', resolve));
  expect(error.message).toMatch(/unrecognized name/);
});
