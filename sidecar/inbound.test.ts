import http from 'node:http';
import net from 'node:net';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { connectMeshTls } from '../mesh/adapters/tls/mesh-tls.ts';
import type { AccessPolicy } from '../mesh/model/policy.ts';
import { ask, startHttpApp, startTcpApp, until, type TestApp } from './testing/applications.ts';
import { fakeRouteId } from './testing/fake-discovery.ts';
import { rawClient } from './testing/raw-client.ts';
import {
  createRunningMesh,
  key,
  service,
  type RunningMesh,
  type RunningSidecar,
} from './testing/running-mesh.ts';
import type { TestIdentity } from './testing/test-identity.ts';

let running: RunningMesh;
afterEach(() => running.stop());

const HOST = 'cart.shop.svc.clusterset.local';
const CART = `http://${HOST}`;

async function mesh(
  handle: Parameters<typeof startHttpApp>[0],
): Promise<{ app: TestApp; cart: RunningSidecar }> {
  running = createRunningMesh({ east: 'eu/eu-1', west: 'us/us-1' }, [service('web'), service('cart')]);
  const app = await startHttpApp(handle);
  running.keep(app.stop);
  const cart = await running.start({ cluster: 'east', service: 'cart', appPort: app.port });
  return { app, cart };
}

interface Dial {
  readonly identity: TestIdentity;
  readonly alpn?: string;
  readonly serverName?: string;
}

/** What a peer that holds a certificate can do at will: a bare verified connection to the sidecar. */
async function dial(
  { sidecar }: RunningSidecar,
  { identity, alpn = 'isthmus-http/1.1', serverName }: Dial,
): Promise<TLSSocket> {
  const routeId = fakeRouteId(running.cluster('east'), key('cart'), 80);
  const connected = await connectMeshTls({
    ...{ identity, alpn, to: sidecar.inboundAddress, serverName: serverName ?? `${routeId}.east.acme` },
    ...{ expect: { kind: 'member' }, timeoutMs: 2_000, now: () => Date.now() },
  });
  if (!connected.ok) throw new Error(connected.error.code);
  running.keep(() => void connected.value.socket.destroy());
  return connected.value.socket;
}

function collect(socket: Socket): { text(): string; closed(): boolean } {
  const chunks: Buffer[] = [];
  let closed = false;
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('close', () => (closed = true));
  socket.on('error', () => undefined);
  return { text: () => Buffer.concat(chunks).toString('latin1'), closed: () => closed };
}

async function send(socket: Socket, bytes: string): Promise<string> {
  const got = collect(socket);
  socket.write(bytes);
  await until('an answer', () => /\r\n\r\n/.test(got.text()) || got.closed());
  return got.text();
}

const statusOf = (text: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);

describe('the inbound listener', () => {
  it('refuses a Host that names another service than its own (S7)', async () => {
    const { app, cart } = await mesh('secret');
    const identity = running.trust.identity('west', 'web');
    for (const host of [
      'web.shop.svc.clusterset.local',
      'cart.pay.svc.clusterset.local',
      `${HOST}:81`,
      'example.com',
      '127.0.0.1',
    ]) {
      const text = await send(await dial(cart, { identity }), `GET / HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
      expect([host, statusOf(text)]).toEqual([host, 421]);
      const absolute = await send(
        await dial(cart, { identity }),
        `GET http://${host}/ HTTP/1.1\r\nhost: ${host}\r\n\r\n`,
      );
      expect([host, statusOf(absolute)]).toEqual([host, 421]);
    }
    for (const host of [HOST, `${HOST}:80`, 'cart.shop']) {
      const text = await send(await dial(cart, { identity }), `GET / HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
      expect([host, statusOf(text)]).toEqual([host, 200]);
    }
    expect(app.requests).toHaveLength(3);
  });

  it('closes connections whose server name is none of its routes', async () => {
    const { cart } = await mesh('secret');
    const identity = running.trust.identity('west', 'web');
    const other = fakeRouteId(running.cluster('east'), key('web'), 80);
    const own = fakeRouteId(running.cluster('east'), key('cart'), 80);
    for (const serverName of [`${other}.east.acme`, `${own}.west.acme`, 'localhost']) {
      const socket = await dial(cart, { identity, serverName });
      const got = collect(socket);
      await until('it is closed', () => got.closed());
    }
    expect(await cart.metrics.expose()).toContain(
      'isthmus_refused_connections_total{reason="route_unknown"} 3',
    );
  });

  it('tells the application who calls from TLS alone, however the caller spells it (S13)', async () => {
    const { app, cart } = await mesh('hello');
    const identity = running.trust.identity('west', 'web');
    const forged = 'spiffe://east.acme/ns/shop/sa/admin';
    const spellings = [
      'x-isthmus-source',
      'X-Isthmus-Source-Cluster',
      'x-isthmus_source',
      'X_ISTHMUS_SOURCE',
      'x-forwarded-client-cert',
      'X-Forwarded_Client-Cert',
    ];
    for (const name of spellings) {
      await send(
        await dial(cart, { identity }),
        `GET / HTTP/1.1\r\nhost: ${HOST}\r\n${name}: ${forged}\r\nconnection: ${name}\r\n\r\n`,
      );
    }
    expect(app.requests).toHaveLength(spellings.length);
    for (const { rawHeaders } of app.requests) {
      expect(rawHeaders.join('\n')).not.toContain(forged);
      expect(rawHeaders.join('\n')).toContain('west');
    }
  });

  it('answers probes for the application, not for itself', async () => {
    const { app, cart } = await mesh('hello');
    const identity = running.trust.identity('west', 'web');
    const good = collect(await dial(cart, { identity, alpn: 'isthmus-probe' }));
    await until('it has answered', () => good.closed());
    expect(good.text()).toBe('ok\n');
    await app.stop();
    const bad = collect(await dial(cart, { identity, alpn: 'isthmus-probe' }));
    await until('it has closed', () => bad.closed());
    expect(bad.text()).toBe('');
  });

  it('hides what its application says in the name of the mesh', async () => {
    const { cart } = await mesh((_request, response) => {
      response.writeHead(503, { 'x-isthmus-reason': 'application_unreachable' });
      response.end();
    });
    const identity = running.trust.identity('west', 'web');
    const text = await send(
      await dial(cart, { identity }),
      `POST / HTTP/1.1\r\nhost: ${HOST}\r\ncontent-length: 0\r\n\r\n`,
    );
    expect(statusOf(text)).toBe(503);
    expect(text).not.toContain('x-isthmus-reason');
  });
});

describe('access policies', () => {
  const denyWest: AccessPolicy = {
    ...{ name: 'no-west', namespace: 'shop' as never, allow: [] },
    deny: [{ from: [{ clusters: ['west'] }] }],
  };

  it('deny with 403 and a reason, and say so in log and metric', async () => {
    const { app, cart } = await mesh('hello');
    running.cluster('east').access = [denyWest];
    running.mesh.publish();
    const text = await send(
      await dial(cart, { identity: running.trust.identity('west', 'web') }),
      `GET / HTTP/1.1\r\nhost: ${HOST}\r\n\r\n`,
    );
    expect(statusOf(text)).toBe(403);
    expect(text).toMatch(/x-isthmus-reason: access_denied/i);
    expect(app.requests).toHaveLength(0);
    expect(cart.access[0]).toMatchObject({
      status: 403,
      reason: 'access_denied',
      source: 'spiffe://west.acme/ns/shop/sa/web',
    });
    const local = await send(
      await dial(cart, { identity: running.trust.identity('east', 'web') }),
      `GET / HTTP/1.1\r\nhost: ${HOST}\r\n\r\n`,
    );
    expect(statusOf(local)).toBe(200);
  });

  it('close what is open when they come to deny it, and leave the rest alone (F12)', async () => {
    const { cart } = await mesh('hello');
    const [west, east] = [
      await dial(cart, { identity: running.trust.identity('west', 'web') }),
      await dial(cart, { identity: running.trust.identity('east', 'web') }),
    ];
    await send(west, `GET / HTTP/1.1\r\nhost: ${HOST}\r\n\r\n`);
    await send(east, `GET / HTTP/1.1\r\nhost: ${HOST}\r\n\r\n`);
    const [gotWest, gotEast] = [collect(west), collect(east)];
    for (let i = 0; i < 20; i++) running.mesh.publish();
    expect([gotWest.closed(), gotEast.closed()]).toEqual([false, false]);
    running.cluster('east').access = [denyWest];
    running.mesh.publish();
    await until('the denied one is closed', () => gotWest.closed());
    expect(gotEast.closed()).toBe(false);
  });

  it('close everything when they cannot be parsed', async () => {
    const { cart } = await mesh('hello');
    running.cluster('east').access = [{ ...denyWest, deny: [], closed: 'shop/access.yaml: not YAML' }];
    running.mesh.publish();
    const text = await send(
      await dial(cart, { identity: running.trust.identity('east', 'web') }),
      `GET / HTTP/1.1\r\nhost: ${HOST}\r\n\r\n`,
    );
    expect([statusOf(text), /policy_closed/.test(text)]).toEqual([403, true]);
  });

  it('cut TCP streams of a source that is denied', async () => {
    running = createRunningMesh({ east: 'eu/eu-1', west: 'us/us-1' }, [
      service('web'),
      service('cart', 'tcp'),
    ]);
    const app = await startTcpApp((socket) => void socket.pipe(socket));
    running.keep(app.stop);
    const cart = await running.start({ cluster: 'east', service: 'cart', appPort: app.port });
    const stream = collect(
      await dial(cart, { identity: running.trust.identity('west', 'web'), alpn: 'isthmus-tcp' }),
    );
    await until('it is open', () => app.connections() === 1);
    running.cluster('east').access = [denyWest];
    running.mesh.publish();
    await until('it is cut', () => stream.closed() && app.connections() === 0);
    const refused = collect(
      await dial(cart, { identity: running.trust.identity('west', 'web'), alpn: 'isthmus-tcp' }),
    );
    await until('it is refused', () => refused.closed());
    expect(cart.access.at(-1)).toMatchObject({ protocol: 'tcp', reason: 'access_denied' });
  });
});

describe('trust that changes', () => {
  it('ends the connections of an evicted cluster, in both directions', async () => {
    const { cart } = await mesh('hello');
    const app = await startHttpApp('west');
    running.keep(app.stop);
    await running.start({ cluster: 'west', service: 'web' });
    const caller = await dial(cart, { identity: running.trust.identity('west', 'web') });
    await send(caller, `GET / HTTP/1.1\r\nhost: ${HOST}\r\n\r\n`);
    const got = collect(caller);
    running.trust.authority('west');
    const evicted = running.trust.founder.evict('west' as never);
    if (!evicted.ok) throw new Error(evicted.error.message);
    cart.identity.setBundle(running.trust.founder.bundle());
    await until('it is ended', () => got.closed());
  });

  it('reuses no connection that was made with another certificate or bundle (S16)', async () => {
    const { app, cart } = await mesh('hello');
    const before = await running.interpose('east', cart);
    const web = await running.start({ cluster: 'east', service: 'web' });
    const via = web.sidecar.httpProxyAddress;
    const connectionsDuring = async (requests: number): Promise<number> => {
      const had = before.accepted();
      for (let i = 0; i < requests; i++) await ask({ via, url: `${CART}/` });
      return before.accepted() - had;
    };
    expect([await connectionsDuring(3), await connectionsDuring(3)]).toEqual([1, 0]);
    web.identity.rotate();
    expect([await connectionsDuring(3), await connectionsDuring(3)]).toEqual([1, 0]);
    web.identity.setBundle({ ...web.identity.bundle(), version: 7 });
    expect(await connectionsDuring(3)).toBe(1);
    expect(app.requests).toHaveLength(15);
  });
});

describe('the pool', () => {
  it('never delivers an answer that nobody asked for (S16)', async () => {
    running = createRunningMesh({ east: 'eu/eu-1' }, [service('web'), service('cart')]);
    let sockets = 0;
    const app = await startTcpApp((socket) => {
      sockets += 1;
      socket.on('end', () => socket.end());
      socket.on('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ngood');
        setTimeout(() => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil'), 10);
      });
    });
    running.keep(app.stop);
    await running.start({ cluster: 'east', service: 'cart', appPort: app.port });
    const web = await running.start({ cluster: 'east', service: 'web' });
    for (let i = 0; i < 5; i++) {
      expect((await ask({ via: web.sidecar.httpProxyAddress, url: `${CART}/` })).body).toBe('good');
      await until('the unasked answer has come and its connection is gone', () => app.connections() === 0);
    }
    expect(sockets).toBe(5);
  });
});

describe('upgrades', () => {
  it('become byte streams after the 101, in both directions', async () => {
    const { app } = await mesh('unused');
    await app.stop();
    const server = http.createServer().on('upgrade', (_request, socket: Socket) => {
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nhi;',
      );
      socket.pipe(socket);
    });
    await new Promise<void>((resolve) => server.listen(app.port, '127.0.0.1', resolve));
    running.keep(() => void server.close());
    const web = await running.start({ cluster: 'east', service: 'web' });
    const client = await rawClient(web.sidecar.httpProxyAddress);
    client.socket.write(
      `GET ${CART}/chat HTTP/1.1\r\nhost: ${HOST}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`,
    );
    expect(await client.expect(/hi;$/)).toMatch(/^HTTP\/1\.1 101 [^]*upgrade: websocket/i);
    client.socket.write('ping');
    await client.expect(/hi;ping$/);
    client.socket.end();
    await until('the end has come back', client.ended);
  });

  it('are refused when the client sends on before the 101 (S9)', async () => {
    const { app } = await mesh('unused');
    await app.stop();
    const seen: string[] = [];
    const server = net.createServer((socket) => {
      socket.on('data', (chunk: Buffer) => seen.push(chunk.toString()));
      setTimeout(
        () =>
          socket.write(
            'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
          ),
        50,
      );
    });
    await new Promise<void>((resolve) => server.listen(app.port, '127.0.0.1', resolve));
    running.keep(() => void server.close());
    const web = await running.start({ cluster: 'east', service: 'web' });
    const client = await rawClient(web.sidecar.httpProxyAddress);
    client.socket.write(
      `GET ${CART}/chat HTTP/1.1\r\nhost: ${HOST}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nearly`,
    );
    await until('it is closed', () => client.ended() || client.closed());
    expect(client.text()).not.toContain('101');
    expect(seen.join('')).not.toContain('early');
  });
});

describe('a sidecar that drains', () => {
  it('goes on serving, asks callers to close, and is done when nothing is under way', async () => {
    const { cart } = await mesh((_request, response) => void setTimeout(() => response.end('late'), 300));
    const socket = await dial(cart, { identity: running.trust.identity('east', 'web') });
    const slow = send(socket, `GET / HTTP/1.1\r\nhost: ${HOST}\r\n\r\n`);
    const startedAt = performance.now();
    const drained = cart.sidecar.drain();
    expect([...running.cluster('east').endpoints.values()].map(({ endpoint }) => endpoint.ready)).toEqual([
      false,
    ]);
    expect(await slow).toMatch(/200[^]*connection: close/i);
    await drained;
    expect(performance.now() - startedAt).toBeGreaterThan(1_000);
    await cart.sidecar.stop();
    await cart.sidecar.stop();
    expect(running.cluster('east').endpoints.size).toBe(0);
  });
});
