import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { createMeshTlsServer } from '../mesh/adapters/tls/mesh-tls.ts';
import type { AccessPolicy } from '../mesh/model/policy.ts';
import type { ServiceAccount } from '../mesh/model/names.ts';
import { DATA, frameHead, INITIAL_CREDIT, MAX_STREAMS, RESET } from './decide/stream-frames.ts';
import type { SidecarSettings } from './settings.ts';
import { SpareCredit } from './streams/spare-credit.ts';
import { StreamLink } from './streams/stream-link.ts';
import { hear } from './streams/testing/link-pair.ts';
import { ask, startHttpApp, until, type Answer } from './testing/applications.ts';
import type { Forwarder } from './testing/forwarder.ts';
import { CART_HOST, collect, dialAsPeer } from './testing/mesh-peer.ts';
import {
  createRunningMesh,
  key,
  service,
  type RunningMesh,
  type RunningSidecar,
} from './testing/running-mesh.ts';

const URL = `http://${CART_HOST}/`;
const REQUEST = `GET / HTTP/1.1\r\nhost: ${CART_HOST}\r\n\r\n`;

let running: RunningMesh;
afterEach(() => running.stop());

type Handle = Parameters<typeof startHttpApp>[0];

interface Carts {
  readonly cart: RunningSidecar;
  readonly requests: readonly http.IncomingMessage[];
}

async function startCart(handle: Handle, settings: Partial<SidecarSettings> = {}): Promise<Carts> {
  running = createRunningMesh({ east: 'eu/eu-1', west: 'us/us-1' }, [service('web'), service('cart')]);
  const app = await startHttpApp(handle);
  running.keep(app.stop);
  const cart = await running.start({ cluster: 'east', service: 'cart', appPort: app.port, settings });
  return { cart, requests: app.requests };
}

interface Pair extends Carts {
  readonly web: RunningSidecar;
  /** Between the two. */
  readonly between: Forwarder;
}

async function startPair(handle: Handle, settings: Partial<SidecarSettings> = {}): Promise<Pair> {
  const carts = await startCart(handle);
  const between = await running.interpose('east', carts.cart);
  return { ...carts, between, web: await running.start({ cluster: 'east', service: 'web', settings }) };
}

function get({ sidecar }: RunningSidecar): Promise<Answer> {
  return ask({ via: sidecar.httpProxyAddress, url: URL });
}

function getMany(web: RunningSidecar, count: number): Promise<Answer[]> {
  return Promise.all(Array.from({ length: count }, () => get(web)));
}

describe('requests from one sidecar to another', () => {
  it('share one connection, however many there are at once', async () => {
    const { web, between } = await startPair((_request, response) => {
      setTimeout(() => response.end('hello'), 20);
    });
    for (let round = 0; round < 3; round++) {
      const answers = await getMany(web, 30);
      expect(answers.map(({ status, body }) => `${status} ${body}`)).toEqual(Array(30).fill('200 hello'));
    }
    expect(between.accepted()).toBe(1);
  });

  it('are not held up by one whose body is not read', async () => {
    const unread: http.IncomingMessage[] = [];
    const { web, between } = await startPair((request, response) => {
      if (request.method === 'POST') unread.push(request.pause());
      else response.end('quick');
    });
    const upload = http.request({
      ...{ ...web.sidecar.httpProxyAddress, method: 'POST', path: URL, headers: { host: CART_HOST } },
    });
    upload.on('error', () => undefined);
    upload.write(Buffer.alloc(8 * 1024 * 1024));
    await until('the upload has come', () => unread.length === 1);
    expect(await get(web)).toMatchObject({ status: 200, body: 'quick' });
    expect([upload.writableNeedDrain, between.accepted()]).toEqual([true, 1]);
    upload.destroy();
  });

  it('are not held up by one whose answer is not read', async () => {
    const { web, between } = await startPair((request, response) => {
      response.end(request.url === '/large' ? Buffer.alloc(16 * 1024 * 1024) : 'quick');
    });
    const download = http.request({
      ...{ ...web.sidecar.httpProxyAddress, path: `${URL}large`, headers: { host: CART_HOST } },
    });
    download.on('error', () => undefined).end();
    const response = await new Promise<http.IncomingMessage>((answered) => download.on('response', answered));
    expect(await get(web)).toMatchObject({ status: 200, body: 'quick' });
    expect(between.accepted()).toBe(1);
    response.resume();
    let length = 0;
    response.on('data', (chunk: Buffer) => (length += chunk.length));
    await until('all of it has come', () => length === 16 * 1024 * 1024);
  });

  it('count as one failure of the endpoint when the one connection for all of them fails', async () => {
    const { web, between } = await startPair('hello');
    await between.stop();
    const answers = await getMany(web, 8);
    expect(answers.map(({ status, headers }) => [status, headers['x-isthmus-reason']])).toEqual(
      Array(8).fill([503, 'connect_failed']),
    );
    expect(await web.metrics.expose()).not.toMatch(/isthmus_ejections_total\{.*\} 1/);
    for (let more = 0; more < 4; more++) await get(web);
    expect(await web.metrics.expose()).toMatch(/isthmus_ejections_total\{.*\} 1/);
  });

  it('go on another connection once the path of theirs is lost', async () => {
    const { web, between } = await startPair('hello', { perTryTimeoutMs: 1_000 });
    expect((await get(web)).status).toBe(200);
    between.stall();
    // It waits for its answer until its time is over: there is nowhere else to ask.
    expect((await get(web)).status).toBe(504);
    const before = performance.now();
    expect((await get(web)).status).toBe(200);
    expect(performance.now() - before).toBeLessThan(900);
  });

  it('are tried again when their connection is cut', async () => {
    let served = 0;
    const { web, between } = await startPair((_request, response) => {
      served += 1;
      if (served === 10) between.cut();
      else if (served <= 5 || served > 10) setTimeout(() => response.end('hello'), 20);
    });
    for (let round = 0; round < 2; round++) {
      expect((await getMany(web, 5)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    }
    expect(between.accepted()).toBe(2);
  });

  it('have connections of their own where the other one knows no streams', async () => {
    running = createRunningMesh({ east: 'eu/eu-1' }, [service('web'), service('cart')]);
    const old = await startOldSidecar();
    const web = await running.start({ cluster: 'east', service: 'web' });
    const answers = await getMany(web, 5);
    expect(answers.map(({ status, body }) => `${status} ${body}`)).toEqual(Array(5).fill('200 old'));
    expect(new Set(old.protocols)).toEqual(new Set(['isthmus-http/1.1']));
  });
});

/** A sidecar that speaks HTTP/1.1 on each connection, and nothing else. */
async function startOldSidecar(): Promise<{ readonly protocols: string[] }> {
  const protocols: string[] = [];
  const { server, stop } = createMeshTlsServer({
    ...{ identity: running.trust.identity('east', 'cart'), expect: { kind: 'member' } },
    ...{ alpn: ['isthmus-http/1.1'], handshakeTimeoutMs: 2_000, allowHalfOpen: true, now: () => Date.now() },
    onConnection(socket) {
      protocols.push(String(socket.alpnProtocol));
      socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nold'));
    },
    onRefused: () => undefined,
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  running.keep(stop);
  const endpoint = {
    ...{ id: 'old-1', address: '127.0.0.1', port: (server.address() as AddressInfo).port, ready: true },
    ...{ region: 'eu', zone: 'eu-1', serviceAccount: 'cart' as ServiceAccount },
  };
  running.cluster('east').endpoints.set('old-1', { service: key('cart'), endpoint });
  running.mesh.publish();
  return { protocols };
}

describe('a peer that shares a connection', () => {
  async function dial(to: RunningSidecar, cluster = 'east'): Promise<TLSSocket> {
    const identity = running.trust.identity(cluster, 'web');
    const socket = await dialAsPeer(running, { to, identity, alpn: 'isthmus-streams/1' });
    expect(socket.alpnProtocol).toBe('isthmus-streams/1');
    return socket;
  }

  function request(id: number): string {
    return frameHead({ kind: DATA, length: REQUEST.length, stream: id }) + REQUEST;
  }

  it('opens only so many streams a second, and loses none of them', async () => {
    const { cart } = await startCart('hello');
    const count = MAX_STREAMS + 700;
    let wire = '';
    for (let id = 1; id <= count; id++)
      wire += request(id) + frameHead({ kind: RESET, length: 0, stream: id });
    const socket = await dial(cart);
    const start = performance.now();
    socket.write(wire, 'latin1');
    await until('the first ones', () => cart.access.length >= MAX_STREAMS);
    // One a millisecond on top, given out at each tick of 50 ms.
    const most = MAX_STREAMS + (performance.now() - start) + 50;
    expect(cart.access.length).toBeLessThan(most);
    await until('all of them', () => cart.access.length === count);
    expect(performance.now() - start).toBeGreaterThan(600);
  });

  it('does not have what it sends ahead of the answers pile up', async () => {
    const { cart } = await startCart((_request, response) => void setTimeout(() => response.end('hello'), 5));
    const link = new StreamLink(await dial(cart), { spare: new SpareCredit() });
    const stream = link.open();
    const answers = hear(stream);
    const ahead = Buffer.from(REQUEST.repeat(Math.ceil((3 * 1024 * 1024) / REQUEST.length)));
    stream.write(ahead);
    await until('some are answered', () => answers.text().split('hello').length > 20);
    expect(ahead.length - stream.writableLength).toBeLessThan(4 * INITIAL_CREDIT);
    stream.destroy();
  });

  it('has its answer whole, though it reads late and the other sidecar stops meanwhile', async () => {
    const { cart } = await startCart((_request, response) => {
      response.writeHead(200, { 'content-length': 70_000 }).write(Buffer.alloc(60_000));
      // More than may be under way, in a piece of its own: it is passed on before all of it can leave.
      setTimeout(() => response.end('a'.repeat(9_995) + 'whole'), 50);
    });
    const link = new StreamLink(await dial(cart), { spare: new SpareCredit() });
    const stream = askOn(link);
    stream.pause();
    const answer = hear(stream);
    stream.pause();
    await until('all of it is with the sidecar', () => cart.access.length === 1);
    setTimeout(() => stream.resume(), 1_500);
    await cart.sidecar.drain();
    await cart.sidecar.stop();
    await until('its stream is closed', () => stream.closed);
    expect(answer.text().endsWith('whole')).toBe(true);
  });

  it('is asked for no more streams while the other sidecar drains, and is served meanwhile', async () => {
    const { cart, requests } = await startCart((_request, response) => {
      setTimeout(() => response.end('hello'), 100);
    });
    const early = new StreamLink(await dial(cart), { spare: new SpareCredit() });
    const answers = [hear(askOn(early))];
    await until('it is asked', () => requests.length === 1);
    const drained = cart.sidecar.drain();
    const late = new StreamLink(await dial(cart), { spare: new SpareCredit() });
    answers.push(hear(askOn(late)));
    await until('both have heard it', () => !early.hasRoom && !late.hasRoom);
    await until('both are answered', () => answers.every((answer) => answer.text().endsWith('hello')));
    await drained;
  });

  it('is cut when it breaks the rules, which is counted, and others are not', async () => {
    const { cart } = await startCart('hello');
    const [idle, good] = [collect(await dial(cart)), await dial(cart)];
    const broken = await dial(cart);
    const cut = collect(broken);
    broken.write('GET / HTTP/1.1\r\n\r\n');
    await until('it is cut', () => cut.closed());
    expect(await cart.metrics.expose()).toMatch(
      /isthmus_refused_connections_total\{[^}]*reason="frame_invalid"[^}]*\} 1/,
    );
    const link = new StreamLink(good, { spare: new SpareCredit() });
    const answer = hear(askOn(link));
    await until('the other is answered', () => answer.text().endsWith('hello'));
    expect(idle.closed()).toBe(false);
  });

  it('has streams over the limit of clients reset, and counted', async () => {
    const { cart } = await startCart('hello', { maxClients: 3 });
    const link = new StreamLink(await dial(cart), { spare: new SpareCredit() });
    const streams = [1, 2, 3, 4, 5].map(() => askOn(link));
    const answers = streams.map(hear);
    await until('two are reset', () => streams.filter(({ closed }) => closed).length === 2);
    await until('three are answered', () => answers.filter(({ text }) => text() !== '').length === 3);
    expect(await cart.metrics.expose()).toMatch(
      /isthmus_refused_connections_total\{[^}]*reason="connection_cap"[^}]*\} 2/,
    );
  });

  it('is closed when it has had no stream for as long as a client may be idle', async () => {
    const { cart } = await startCart('hello', { clientIdleMs: 300 });
    const socket = await dial(cart);
    const link = new StreamLink(socket, { spare: new SpareCredit() });
    const stream = askOn(link);
    const answer = hear(stream);
    await until('its stream is closed', () => stream.closed);
    expect([answer.text().endsWith('hello'), socket.destroyed]).toEqual([true, false]);
    await until('it is closed too', () => socket.destroyed);
  });

  it('loses its connection when a policy comes to deny it', async () => {
    const { cart } = await startCart('hello');
    const [west, east] = [collect(await dial(cart, 'west')), collect(await dial(cart, 'east'))];
    const noWest: AccessPolicy = {
      ...{ name: 'no-west', namespace: 'shop' as never, allow: [] },
      deny: [{ from: [{ clusters: ['west'] }] }],
    };
    running.cluster('east').access = [noWest];
    running.mesh.publish();
    await until('the denied one is closed', () => west.closed());
    expect(east.closed()).toBe(false);
  });

  function askOn(link: StreamLink) {
    const stream = link.open();
    stream.write(REQUEST, 'latin1');
    return stream;
  }
});
