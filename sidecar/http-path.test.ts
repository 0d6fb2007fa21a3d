import { createHash } from 'node:crypto';
import http from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { ask, startHttpApp, until } from './testing/applications.ts';
import { rawClient } from './testing/raw-client.ts';
import {
  createRunningMesh,
  key,
  service,
  type RunningMesh,
  type RunningSidecar,
} from './testing/running-mesh.ts';

let running: RunningMesh;
afterEach(() => running.stop());

const CART = 'http://cart.shop.svc.clusterset.local';

async function pair(handle: Parameters<typeof startHttpApp>[0]) {
  running = createRunningMesh({ east: 'eu/eu-1' }, [service('web'), service('cart')]);
  const app = await startHttpApp(handle);
  running.keep(app.stop);
  const cart = await running.start({ cluster: 'east', service: 'cart', appPort: app.port });
  const web = await running.start({ cluster: 'east', service: 'web' });
  return { app, cart, web, via: web.sidecar.httpProxyAddress };
}

function listenerOf({ sidecar }: RunningSidecar, name: string) {
  const found = sidecar.listeners().find(({ service: of }) => of === key(name));
  if (found === undefined) throw new Error(`no listener for ${name}`);
  return found;
}

describe('HTTP through two sidecars', () => {
  it('routes by Host through the proxy, and by listener', async () => {
    const { app, web, via } = await pair('hello');
    expect(await ask({ via, url: `${CART}/items?x=1` })).toMatchObject({ status: 200, body: 'hello' });
    const listener = listenerOf(web, 'cart');
    expect(
      await ask({ via: listener, url: '/items?x=2', headers: { host: `127.0.0.1:${listener.port}` } }),
    ).toMatchObject({ status: 200 });
    expect(app.requests.map(({ url, headers }) => [url, headers.host])).toEqual([
      ['/items?x=1', 'cart.shop.svc.clusterset.local'],
      ['/items?x=2', 'cart.shop.svc.clusterset.local'],
    ]);
  });

  it('names what is wrong: unknown service, service without endpoints, application that does not listen', async () => {
    const { app, via } = await pair('hello');
    const reasonOf = async (url: string) => {
      const { status, headers } = await ask({ via, url });
      return [status, headers['x-isthmus-reason']];
    };
    expect(await reasonOf('http://nothing.shop.svc.clusterset.local/')).toEqual([502, 'service_unknown']);
    expect(await reasonOf('http://web.shop.svc.clusterset.local/')).toEqual([503, 'application_unreachable']);
    await app.stop();
    expect(await reasonOf(`${CART}/`)).toEqual([503, 'application_unreachable']);
  });

  it('keeps connections on both hops, and answers pipelined requests in turn', async () => {
    const { app, via } = await pair((request, response) => {
      setTimeout(() => response.end(request.url), request.url === '/1' ? 30 : 0);
    });
    const client = await rawClient(via);
    const get = (path: string): string =>
      `GET ${CART}${path} HTTP/1.1\r\nhost: cart.shop.svc.clusterset.local\r\n\r\n`;
    client.socket.write(get('/1') + get('/2') + get('/3'));
    const text = await client.expect(/\/3$/);
    expect(text.match(/\r\n\r\n[^/]*(\/\d)/g)?.map((found) => found.slice(-2))).toEqual(['/1', '/2', '/3']);
    for (let i = 0; i < 5; i++) await ask({ via, url: `${CART}/again` });
    expect(app.connections()).toBe(1);
    client.socket.destroy();
  });

  it.each([
    ['a length', 1_000_000, { 'content-length': 1_000_000 }],
    ['chunks', 300_000, { 'transfer-encoding': 'chunked' }],
    ['a small body', 10, {}],
  ])('carries a request body with %s, and its answer, byte for byte', async (_, size, headers) => {
    const { via } = await pair((request, response) => void request.pipe(response));
    const body = Buffer.alloc(size, 'abcdefg');
    const answer = await ask({ via, url: `${CART}/echo`, method: 'POST', headers, body });
    expect([answer.status, answer.body.length]).toEqual([200, size]);
    expect(createHash('sha1').update(answer.body).digest('hex')).toBe(
      createHash('sha1').update(body).digest('hex'),
    );
  });

  it.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
  ])('passes %s with %s on without waiting for a body', async (method, status) => {
    const { via } = await pair((_request, response) => {
      response.writeHead(status, status === 200 ? { 'content-length': 5 } : {});
      response.end(status === 200 ? 'hello' : '');
    });
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    for (let i = 0; i < 3; i++) {
      const answer = await ask({ via, url: `${CART}/`, method, agent });
      expect([answer.status, answer.body]).toEqual([status, '']);
    }
    agent.destroy();
  });

  it('passes on fields that are named like properties of every object (S17)', async () => {
    const { app, via } = await pair('hello');
    const client = await rawClient(via);
    const names = ['__proto__', 'constructor', 'hasOwnProperty', 'toString', '__defineGetter__'];
    const fields = names.map((name) => `${name}: polluted\r\n`).join('');
    client.socket.write(`GET ${CART}/ HTTP/1.1\r\nHost: cart.shop.svc.clusterset.local\r\n${fields}\r\n`);
    await client.expect(/hello$/);
    client.socket.destroy();
    const received = app.requests[0]?.rawHeaders.filter((_, i) => i % 2 === 0) ?? [];
    expect(received).toEqual(expect.arrayContaining(names.map((name) => name.toLowerCase())));
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('streams: the head and the first bytes come before the end', async () => {
    const { via } = await pair((_request, response) => {
      response.write('first');
      setTimeout(() => response.end('last'), 100);
    });
    const client = await rawClient(via);
    client.socket.write(`GET ${CART}/ HTTP/1.1\r\nhost: cart.shop.svc.clusterset.local\r\n\r\n`);
    expect(await client.expect(/first/)).not.toContain('last');
    await client.expect(/last/);
    client.socket.destroy();
  });

  it('holds little for a client that does not read (S15)', async () => {
    let written = 0;
    const { via, web } = await pair((_request, response) => {
      const chunk = Buffer.alloc(64 * 1024);
      const more = (): void => {
        for (let flowing = true; flowing && written < 200e6; written += chunk.length)
          flowing = response.write(chunk);
      };
      response.on('drain', more);
      more();
    });
    const client = await rawClient(via);
    client.socket.pause();
    client.socket.write(`GET ${CART}/ HTTP/1.1\r\nhost: cart.shop.svc.clusterset.local\r\n\r\n`);
    let [before, since] = [0, performance.now()];
    await until('the application is held back, or is done', () => {
      if (written !== before) [before, since] = [written, performance.now()];
      return written > 0 && performance.now() - since > 100;
    });
    expect(written).toBeLessThan(30e6);
    client.socket.destroy();
    await until('the abort is told', () => web.access.some(({ reason }) => reason === 'client_closed'));
  });

  it('cancels the request upstream when the client leaves', async () => {
    let cancelled = false;
    const { app, via } = await pair((_request, response) => {
      response.on('close', () => (cancelled = !response.writableEnded));
    });
    const client = await rawClient(via);
    client.socket.write(`GET ${CART}/ HTTP/1.1\r\nhost: cart.shop.svc.clusterset.local\r\n\r\n`);
    await until('the request is under way', () => app.requests.length === 1);
    client.socket.destroy();
    await until('the application sees it', () => cancelled);
  });

  it('answers a client that has ended its side once it had sent its requests, as nc -N does', async () => {
    const { via } = await pair((request, response) => {
      setTimeout(() => request.pipe(response), 50);
    });
    const client = await rawClient(via);
    const head = (fields: string): string =>
      `POST ${CART}/ HTTP/1.1\r\nhost: cart.shop.svc.clusterset.local\r\n${fields}\r\n`;
    client.socket.end(`${head('content-length: 5\r\n')}first${head('content-length: 4\r\n')}last`);
    await until('the end of the answers', client.ended);
    expect(client.text()).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*first[^]*HTTP\/1\.1 200 OK\r\n[^]*last/);
    expect(client.text().match(/connection: close/g)).toHaveLength(1);
  });

  it('asks a client that has ended its side and waits for long whether it is still there', async () => {
    const { via } = await pair((_request, response) => void setTimeout(() => response.end('late'), 2_000));
    const client = await rawClient(via);
    client.socket.end(`GET ${CART}/ HTTP/1.1\r\nhost: cart.shop.svc.clusterset.local\r\n\r\n`);
    expect(await client.expect(/late/)).toMatch(/^(HTTP\/1\.1 100 Continue\r\n\r\n)+HTTP\/1\.1 200 OK\r\n/);
    await until('the end', client.ended);
  });

  it('answers what came before a malformed request, and then refuses that', async () => {
    const { via } = await pair('good');
    const client = await rawClient(via);
    const get = `GET ${CART}/ HTTP/1.1\r\nhost: cart.shop.svc.clusterset.local\r\n\r\n`;
    client.socket.write(`${get}nonsense\r\n\r\n`);
    await until('the end', client.ended);
    expect(client.text()).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*good[^]*HTTP\/1\.1 400 Bad Request\r\n/);
  });

  it('drops a request that is not whole when its client ends', async () => {
    const { app, via, web } = await pair((request, response) => {
      request.on('end', () => response.end('whole'));
    });
    const client = await rawClient(via);
    client.socket.end(
      `POST ${CART}/ HTTP/1.1\r\nhost: cart.shop.svc.clusterset.local\r\ncontent-length: 9\r\n\r\nhalf`,
    );
    await until('the end', client.closed);
    expect(client.text()).toBe('');
    await until('it is told', () => web.access.some(({ reason }) => reason === 'client_closed'));
    expect(app.requests.every(({ complete }) => !complete)).toBe(true);
  });

  it('cuts the client when the answer is cut, so that it does not look whole', async () => {
    const { via } = await pair((_request, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('half');
      setTimeout(() => response.destroy(), 20);
    });
    const answer = await ask({ via, url: `${CART}/` });
    expect(answer).toMatchObject({ status: 0 });
  });

  it('passes informational answers on', async () => {
    const { via } = await pair((_request, response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' });
      response.end('done');
    });
    const client = await rawClient(via);
    client.socket.write(`GET ${CART}/ HTTP/1.1\r\nhost: cart.shop.svc.clusterset.local\r\n\r\n`);
    expect(await client.expect(/done/)).toMatch(/^HTTP\/1\.1 103 .*\r\nlink: <\/a\.css>/);
    client.socket.destroy();
  });

  it('opens a tunnel with CONNECT, which behaves as the listener of that service', async () => {
    const { via } = await pair('hello');
    const client = await rawClient(via);
    client.socket.write(
      'CONNECT cart.shop.svc.clusterset.local:80 HTTP/1.1\r\nhost: cart.shop.svc.clusterset.local:80\r\n\r\n',
    );
    await client.expect(/^HTTP\/1\.1 200 [^]*\r\n\r\n/);
    client.socket.write('GET /x HTTP/1.1\r\nhost: cart.shop.svc.clusterset.local\r\n\r\n');
    await client.expect(/hello/);
    client.socket.destroy();
    const early = await rawClient(via);
    early.socket.write(
      'CONNECT cart.shop.svc.clusterset.local:80 HTTP/1.1\r\nhost: x\r\n\r\nGET / HTTP/1.1\r\n',
    );
    await until('early data is refused', () => early.ended() || early.closed());
    expect(early.text()).not.toContain('200');
  });

  it('counts and tells both ends of the hop', async () => {
    const { via, web, cart } = await pair('hello');
    await ask({ via, url: `${CART}/items` });
    await until('both have told', () => web.access.length === 1 && cart.access.length === 1);
    expect(web.access[0]).toMatchObject({
      reporter: 'source',
      status: 200,
      reason: '',
      destination: 'east/shop/cart:80',
      path: '/items',
    });
    expect(cart.access[0]).toMatchObject({
      reporter: 'destination',
      source: 'spiffe://east.acme/ns/shop/sa/web',
      status: 200,
    });
    const labels =
      'source_cluster="east",source_workload="web",source_workload_namespace="shop",destination_cluster="east",destination_service="cart",destination_service_namespace="shop",response_code="200",response_flags=""';
    expect(await web.metrics.expose()).toContain(`isthmus_requests_total{reporter="source",${labels}} 1`);
    expect(await cart.metrics.expose()).toContain(
      `isthmus_requests_total{reporter="destination",${labels}} 1`,
    );
    await until('the controller is told', () =>
      running.cluster('east').reports.some(({ services }) => services.length > 0),
    );
    const report = running.cluster('east').reports.findLast(({ services }) => services.length > 0);
    expect(report?.services[0]).toMatchObject({
      service: 'shop/cart',
      sent: { east: 1 },
      failed: 0,
      groups: [{ cluster: 'east', healthy: 1, ramp: 1 }],
    });
  });
});
