/** Real sockets. The resolver that asks is c-ares, which Node brings: another reading of the same standards. */
import { encode, decode, type Packet } from 'dns-packet';
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createManualClock } from '../mesh/adapters/clock/manual-clock.ts';
import { createMemoryLog } from '../mesh/adapters/log/memory-log.ts';
import { createPrometheusMetrics } from '../mesh/adapters/metrics/prometheus-metrics.ts';
import { headless, slice } from './decide/testing/sample-zone.ts';
import { framed } from './frame-reader.ts';
import { dnsInstruments } from './instruments.ts';
import { startDnsServer } from './server.ts';

const WEB = 'web.test.svc.clusterset.local';
const HOST = '127.0.0.1';
const IDLE_MS = 10_000;
const PODS = Array.from({ length: 120 }, (_, i) => ({ address: `10.0.0.${i}`, hostname: `pod-${i}` }));

async function start() {
  const clock = createManualClock();
  const metrics = createPrometheusMetrics();
  const server = await startDnsServer({
    ...{ host: HOST, port: 0, zone: headless(slice('east', ...PODS)), clock, log: createMemoryLog() },
    instruments: dnsInstruments(metrics),
  });
  onTestFinished(() => server.stop());
  const resolver = new Resolver({ timeout: 2000, tries: 2 });
  resolver.setServers([`${HOST}:${server.port}`]);
  const dial = async (): Promise<Socket> => {
    const socket = connect({ host: HOST, port: server.port });
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  };
  return { port: server.port, clock, resolver, dial, counted: async () => countsOf(await metrics.expose()) };
}

/** `udp NOERROR 3` */
function countsOf(text: string): readonly string[] {
  const found = text.matchAll(/^isthmus_dns_\w+\{transport="(\w+)",\w+="(\w+)"\} (\d+)/gm);
  return [...found].map(([, transport, word, count]) => `${transport} ${word} ${count}`);
}

function query(name = WEB, over: Partial<Packet> = {}): Buffer {
  return encode({ type: 'query', id: 7, questions: [{ name, type: 'A' }], ...over });
}

/** The rcodes of the replies that come until there are so many. */
async function replies(socket: Socket, count: number): Promise<readonly string[]> {
  let held = Buffer.alloc(0);
  const rcodes: string[] = [];
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    held = Buffer.concat([held, chunk]);
    while (held.length > 2 && held.length >= 2 + held.readUInt16BE(0)) {
      const packet = decode(held.subarray(2, 2 + held.readUInt16BE(0))) as Packet & { rcode?: string };
      rcodes.push(packet.rcode ?? '');
      held = held.subarray(2 + held.readUInt16BE(0));
    }
    if (rcodes.length >= count) break;
  }
  return rcodes;
}

it('answers a resolver, which comes by TCP for what UDP does not hold', async () => {
  const { resolver, counted } = await start();
  expect(await resolver.resolve4(`pod-7.east.${WEB}`, { ttl: true })).toEqual([
    { address: '10.0.0.7', ttl: 5 },
  ]);
  expect((await resolver.resolve4(WEB)).sort()).toEqual(PODS.map(({ address }) => address).sort());
  expect(await counted()).toContain('tcp NOERROR 1');
  const srv = await resolver.resolveSrv(`_https._tcp.${WEB}`);
  expect(srv).toHaveLength(PODS.length);
  expect(srv).toContainEqual({ type: 'SRV', name: `pod-3.east.${WEB}`, port: 443, priority: 0, weight: 100 });
  expect(await resolver.resolveTxt('dns-version.clusterset.local')).toEqual([['1.0.0']]);
  await expect(resolver.resolve4(`east.${WEB}`)).rejects.toMatchObject({ code: 'ENOTFOUND' });
  await expect(resolver.resolve6(WEB)).rejects.toMatchObject({ code: 'ENODATA' });
  await expect(resolver.resolve4('example.com')).rejects.toMatchObject({ code: 'EREFUSED' });
});

it('goes on after packets that are none, and counts them', async () => {
  const { port, resolver, counted } = await start();
  const socket = createSocket('udp4');
  onTestFinished(() => void socket.close());
  const bad = [
    Buffer.alloc(3),
    query(WEB, { type: 'response' }),
    Buffer.alloc(1300),
    query().subarray(0, 20),
  ];
  for (const packet of bad) await new Promise((resolve) => socket.send(packet, port, HOST, resolve));
  await vi.waitFor(async () => {
    const counts = ['udp FORMERR 1', 'udp short 1', 'udp response 1', 'udp oversized 1'];
    expect(await counted()).toEqual(expect.arrayContaining(counts));
  });
  expect(await resolver.resolve4(`pod-1.east.${WEB}`)).toEqual(['10.0.0.1']);
});

it('answers messages of one connection in their order, however they are cut', async () => {
  const { dial } = await start();
  const socket = await dial();
  const stream = Buffer.concat([query(), query('absent.clusterset.local'), query('example.com')].map(framed));
  socket.setNoDelay(true);
  for (const byte of stream) socket.write(Buffer.from([byte]));
  expect(await replies(socket, 3)).toEqual(['NOERROR', 'NXDOMAIN', 'REFUSED']);
});

it('ends a connection that brings no whole message in time, though octets come', async () => {
  const { dial, clock, counted } = await start();
  const [slow, busy] = [await dial(), await dial()];
  const closed = once(slow, 'close');
  slow.resume().write(framed(query()).subarray(0, 5));
  busy.write(framed(query()));
  await vi.waitFor(async () => expect(await counted()).toContain('tcp NOERROR 1'));
  clock.advance(IDLE_MS - 1);
  slow.write(framed(query()).subarray(5, 6));
  busy.write(framed(query()));
  await vi.waitFor(async () => expect(await counted()).toContain('tcp NOERROR 2'));
  clock.advance(1);
  await closed;
  expect(busy.destroyed).toBe(false);
  expect(await counted()).toContain('tcp idle 1');
});

it('ends a connection with a message that is no query', async () => {
  const { dial, counted } = await start();
  for (const message of [framed(query(WEB, { type: 'response' })), Buffer.from([0xff, 0xff, 0])]) {
    const socket = await dial();
    const closed = once(socket, 'close');
    socket.resume().write(message);
    await closed;
  }
  expect(await counted()).toEqual(expect.arrayContaining(['tcp response 1', 'tcp oversized 1']));
});

it('takes no more of one that does not read its replies, and goes on when it does', async () => {
  const { dial, counted } = await start();
  const socket = await dial();
  socket.pause();
  const many = 20_000;
  socket.write(Buffer.concat(Array.from({ length: many }, () => framed(query()))));
  const answered = async (): Promise<number> =>
    Number((await counted()).find((line) => line.startsWith('tcp NOERROR'))?.split(' ')[2] ?? 0);
  // Its replies have 140 MB: the kernel takes a part, and then all stands still.
  let before = -1;
  await vi.waitFor(
    async () => {
      const now = await answered();
      const isStill = now > 0 && now === before;
      before = now;
      expect(isStill).toBe(true);
    },
    { timeout: 15_000, interval: 300 },
  );
  expect(before).toBeLessThan(many);
  expect((await replies(socket, before + 100)).length).toBeGreaterThanOrEqual(before + 100);
});

it('leaves room for others when one address holds as many connections as it may', async () => {
  const { dial, counted } = await start();
  const sockets = [];
  for (let i = 0; i < 128; i++) sockets.push(await dial());
  const refused = await dial();
  await once(refused.resume(), 'close');
  expect(await counted()).toContain('tcp busy 1');
  const [first] = sockets;
  first?.write(framed(query()));
  expect(first && (await replies(first, 1))).toEqual(['NOERROR']);
});
