import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { helloFor, buildHandshake, inRecords } from './decide/testing/hellos.ts';
import { CLOSED_PORTS, dial, eventually, runGateway, startBackend } from './testing/running.ts';
import {
  SELF,
  sampleEndpoint,
  sampleRouteId,
  sampleService,
  sampleView,
  serverNameOf,
} from './decide/testing/sample-view.ts';

const UNRECOGNIZED_NAME = Buffer.from([21, 3, 3, 0, 2, 2, 112]);
const INTERNAL_ERROR = Buffer.from([21, 3, 3, 0, 2, 2, 80]);
const echo = (socket: Socket): void => void socket.pipe(socket);

describe('routing', () => {
  it('sends an exported service to its endpoint, the hello first and whole', async () => {
    const backend = await startBackend(echo);
    const { port, metric } = await runGateway([sampleService('cart', [sampleEndpoint(backend.port)])]);
    const sent = Buffer.concat([helloFor(serverNameOf('cart')), Buffer.from('and what follows')]);
    const client = await dial(port, sent);
    await eventually('echoed', () => client.received().length === sent.length);
    expect(client.received()).toEqual(sent);
    expect(await metric('isthmus_gateway_open_connections')).toBe(1);
    client.socket.end();
    await client.ended;
    const destination = ['destination_service="cart"', 'destination_service_namespace="shop"'];
    await eventually('ended at the backend', () => backend.accepted[0]!.closed);
    expect(await metric('isthmus_gateway_connections_total', 'outcome="served"', ...destination)).toBe(1);
    for (const direction of ['sent', 'received']) {
      const label = `direction="${direction}"`;
      expect(await metric('isthmus_gateway_bytes_total', label, ...destination)).toBe(sent.length);
    }
  });

  it('sends the two names of the controller to it, and refuses them while it is unknown', async () => {
    const federation = await startBackend(echo);
    const join = await startBackend(echo);
    let known = false;
    const { port } = await runGateway([], {
      controllerTargets: () =>
        known
          ? {
              federation: { host: '127.0.0.1', port: federation.port },
              join: { host: '127.0.0.1', port: join.port },
            }
          : undefined,
    });
    const early = await dial(port, helloFor('federation.east.acme'));
    await early.ended;
    expect(early.received()).toEqual(INTERNAL_ERROR);
    known = true;
    for (const [name, backend] of [
      ['federation', federation],
      ['join', join],
    ] as const) {
      const client = await dial(port, helloFor(`${name}.east.acme`));
      await eventually('echoed', () => client.received().length > 0);
      expect(backend.accepted.length).toBe(1);
    }
  });

  it('follows the view: routes come and go, and open connections stay through 1,000 changes (F12)', async () => {
    const backend = await startBackend(echo);
    const cart = sampleService('cart', [sampleEndpoint(backend.port)]);
    const { port, discovery, gateway } = await runGateway([cart]);
    const clients = await Promise.all(
      Array.from({ length: 50 }, () => dial(port, helloFor(serverNameOf('cart')))),
    );
    await eventually('all open', () => gateway.stats().open === 50);
    for (let version = 2; version <= 1_001; version++) {
      discovery.publish(sampleView(version % 2 === 0 ? [] : [cart], version));
    }
    discovery.publish(sampleView([], 2_000));
    for (const client of clients) client.socket.write('still here');
    await eventually('all answered', () =>
      clients.every((client) => client.received().toString().endsWith('still here')),
    );
    const late = await dial(port, helloFor(serverNameOf('cart')));
    await late.ended;
    expect(late.received()).toEqual(UNRECOGNIZED_NAME);
    expect(gateway.stats().open).toBe(50);
  });
});

/** Whether the kernel's keep-alive timer runs on the socket of this machine between these two ports (proc_net_tcp). */
function isKeptAlive(local: number, remote: number): boolean {
  const ends = [local, remote].map((port) => port.toString(16).toUpperCase().padStart(4, '0'));
  const lines = readFileSync('/proc/net/tcp', 'utf8').split('\n');
  const line = lines.find((one) => new RegExp(`^ *\\d+: \\w+:${ends[0]} \\w+:${ends[1]} `).test(one));
  return line?.trim().split(/\s+/)[5]?.startsWith('02:') === true;
}

describe('a connection that lasts', () => {
  // Only Linux tells which timers run on a socket.
  it.runIf(process.platform === 'linux')(
    'has the kernel ask both peers whether they live (F10)',
    async () => {
      const backend = await startBackend(echo);
      const services = [sampleService('cart', [sampleEndpoint(backend.port)])];
      const { port } = await runGateway(services, { settings: { keepAliveFromMs: 50 } });
      const client = await dial(port, helloFor(serverNameOf('cart')));
      await eventually('echoed', () => client.received().length > 0);
      await eventually('the client is asked', () => isKeptAlive(port, client.socket.localPort ?? 0));
      await eventually('so is the endpoint', () =>
        isKeptAlive(backend.accepted[0]?.remotePort ?? 0, backend.port),
      );
    },
  );
});

describe('endpoints', () => {
  it('tries another one when one refuses, and leaves that one alone for a while', async () => {
    const backend = await startBackend(echo);
    const endpoints = [...CLOSED_PORTS, backend.port].map((port) => sampleEndpoint(port));
    const { port, metric } = await runGateway([sampleService('cart', endpoints)]);
    for (let i = 0; i < 20; i++) {
      const client = await dial(port, helloFor(serverNameOf('cart')));
      await eventually('echoed', () => client.received().length > 0);
    }
    expect(backend.accepted.length).toBe(20);
    expect(await metric('isthmus_gateway_refused_total')).toBe(0);
  });

  it('are those of the own zone while one of them answers', async () => {
    const near = await startBackend(echo);
    const far = await startBackend(echo);
    const endpoints = [sampleEndpoint(far.port, { zone: 'eu-2' }), sampleEndpoint(near.port)];
    const { port } = await runGateway([sampleService('cart', endpoints)]);
    await Promise.all(Array.from({ length: 20 }, () => dial(port, helloFor(serverNameOf('cart')))));
    await eventually('all arrived', () => near.accepted.length === 20);
    expect(far.accepted.length).toBe(0);
  });

  it('share connections by how many are open', async () => {
    const backends = await Promise.all([startBackend(), startBackend(), startBackend()]);
    const { port } = await runGateway([
      sampleService(
        'cart',
        backends.map((backend) => sampleEndpoint(backend.port)),
      ),
    ]);
    for (let i = 0; i < 60; i++) await dial(port, helloFor(serverNameOf('cart')));
    const counts = (): number[] => backends.map((backend) => backend.accepted.length);
    await eventually('all arrived', () => counts().reduce((a, b) => a + b) === 60);
    expect(Math.max(...counts()) - Math.min(...counts())).toBeLessThanOrEqual(6);
  });

  it('that are all gone are told by an alert of their own, and counted', async () => {
    const { port, metric } = await runGateway([
      sampleService('cart', [sampleEndpoint(CLOSED_PORTS[0])]),
      sampleService('dart', [sampleEndpoint(1, { ready: false })]),
    ]);
    for (const [service, reason] of [
      ['cart', 'connect_failed'],
      ['dart', 'no_endpoint'],
    ] as const) {
      const client = await dial(port, helloFor(serverNameOf(service)));
      await client.ended;
      expect(client.received()).toEqual(INTERNAL_ERROR);
      expect(await metric('isthmus_gateway_refused_total', `reason="${reason}"`)).toBe(1);
    }
  });
});

describe('default deny (S1)', () => {
  it('10,000 random names and all that is not exported cause no dial', async () => {
    const backend = await startBackend();
    const hidden = sampleService('hidden', [sampleEndpoint(backend.port)], { exported: false });
    const { port, metric } = await runGateway(
      [hidden, sampleService('cart', [sampleEndpoint(backend.port)])],
      {
        controllerTargets: () => ({
          federation: { host: '127.0.0.1', port: backend.port },
          join: { host: '127.0.0.1', port: backend.port },
        }),
      },
    );
    const inside = ['', '.svc', '.svc.cluster.local', '.svc.clusterset.local'].flatMap((suffix) =>
      ['cart', 'hidden'].map((name) => `${name}.shop${suffix}`),
    );
    const random = (): string => {
      const letters = [...randomBytes(26)].map((byte) => 'abcdefghijklmnopqrstuvwxyz234567'[byte % 32]);
      return `${letters.join('')}.${SELF.cluster}.${SELF.mesh}`;
    };
    const names = [serverNameOf('hidden'), `${sampleRouteId('cart')}.west.acme`, ...inside];
    while (names.length < 10_000) names.push(random());
    const ask = async (name: string): Promise<boolean> => {
      const client = await dial(port, helloFor(name));
      await client.ended;
      client.socket.destroy();
      return client.received().equals(UNRECOGNIZED_NAME);
    };
    for (let at = 0; at < names.length; at += 100) {
      const alerts = await Promise.all(names.slice(at, at + 100).map(ask));
      expect(alerts.every(Boolean)).toBe(true);
    }
    expect(backend.accepted.length).toBe(0);
    expect(await metric('isthmus_gateway_refused_total')).toBe(10_000);
  });

  it('answers a refusal within 50 ms', async () => {
    const { port } = await runGateway([]);
    const hellos = [
      helloFor(serverNameOf('cart')),
      inRecords(buildHandshake({ extensions: [] })),
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    ];
    for (const hello of hellos) {
      const tookMs: number[] = [];
      for (let i = 0; i < 5; i++) tookMs.push(await (await dial(port, hello)).ended);
      expect(tookMs.sort((one, other) => one - other)[2]).toBeLessThan(50);
    }
  });

  it('makes no series and no log flood of what clients send (S34)', async () => {
    const { port, log, exposed } = await runGateway([]);
    const before = (await exposed()).split('\n').length;
    const hellos = Array.from({ length: 300 }, (_, i) => helloFor(`n${i}.example`));
    await Promise.all(hellos.map(async (hello) => (await dial(port, hello)).ended));
    expect((await exposed()).split('\n').length - before).toBeLessThanOrEqual(10);
    const lines = log.lines.filter((line) => line.message === 'connection refused');
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThanOrEqual(40);
  });
});

it('who connects and leaves without a word is counted, and not worth a line', async () => {
  const { port, log, metric } = await runGateway([]);
  const probe = await dial(port);
  probe.socket.end();
  await probe.ended;
  const counted = (): Promise<number> => metric('isthmus_gateway_refused_total', 'reason="client_closed"');
  await eventually('counted', async () => (await counted()) === 1);
  expect(log.lines.filter((line) => line.message === 'connection refused')).toEqual([]);
});

it('a port that is taken is an error that names it', async () => {
  const { port } = await runGateway([]);
  await expect(runGateway([], { listen: { host: '127.0.0.1', port } })).rejects.toThrow(/EADDRINUSE/);
});

it('stop ends every connection, of both kinds, and may be called twice', async () => {
  const backend = await startBackend(echo);
  const { port, gateway } = await runGateway([sampleService('cart', [sampleEndpoint(backend.port)])]);
  const spliced = await dial(port, helloFor(serverNameOf('cart')));
  const silent = await dial(port);
  await eventually('both in', () => gateway.stats().open === 1 && gateway.stats().halfOpen === 1);
  await Promise.all([gateway.stop(), gateway.stop()]);
  await Promise.all([spliced.ended, silent.ended]);
  const refused = await dial(port);
  await refused.ended;
  expect(refused.received().length).toBe(0);
  await eventually('none left', () => gateway.stats().open + gateway.stats().halfOpen === 0);
});
