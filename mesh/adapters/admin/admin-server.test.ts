import { once } from 'node:events';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createMemoryLog } from '../log/memory-log.ts';
import { createPrometheusMetrics } from '../metrics/prometheus-metrics.ts';
import type { AdminRoute } from './admin-routes.ts';
import { startAdminServer, type AdminOptions } from './admin-server.ts';

const TOKEN = 'f'.repeat(64);
const AUTH = { authorization: `Bearer ${TOKEN}` };

const routes: readonly AdminRoute[] = [
  { method: 'GET', path: '/v1/status', handle: () => ({ status: 200, body: { mesh: 'acme' } }) },
  {
    method: 'POST',
    path: '/v1/exports/:namespace/:name',
    handle: ({ params, query, body }) => ({ status: 200, body: { ...params, dry: query.get('dry'), body } }),
  },
  {
    method: 'GET',
    path: '/v1/broken',
    handle: () => {
      throw new Error('secret detail');
    },
  },
];

interface Call {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

async function start(over: Partial<AdminOptions> = {}) {
  const log = createMemoryLog();
  const options = { host: '127.0.0.1', port: 0, metrics: createPrometheusMetrics(), ready: () => [], log };
  const server = await startAdminServer({ ...options, api: { token: TOKEN, routes: () => routes }, ...over });
  onTestFinished(() => server.stop());
  const call = (
    path: string,
    { method = 'GET', headers = {}, body }: Call = {},
  ): Promise<{ status: number; text: string; headers: IncomingHttpHeaders }> =>
    new Promise((resolve, reject) => {
      const sent = httpRequest(
        { host: '127.0.0.1', port: server.port, path, method, headers },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => {
            const text = Buffer.concat(chunks).toString();
            resolve({ status: response.statusCode ?? 0, text, headers: response.headers });
          });
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  return { server, call, log };
}

describe('the open routes', () => {
  it('need neither token nor a known host', async () => {
    const { call } = await start();
    for (const path of ['/livez', '/readyz', '/metrics']) {
      expect((await call(path, { headers: { host: 'prometheus.example' } })).status).toBe(200);
    }
    expect((await call('/livez')).text).toBe('ok\n');
    const metrics = await call('/metrics');
    expect(metrics.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(metrics.text).toContain('process_resident_memory_bytes');
  });

  it('tell which check fails, and all checks when asked', async () => {
    let linked = false;
    const { call } = await start({
      ready: () => [
        { name: 'certificate', ok: true, note: 'valid 23 h' },
        { name: 'controller', ok: linked, note: linked ? 'connected' : 'not\nreached' },
      ],
    });
    const failing = await call('/readyz');
    expect(failing.status).toBe(503);
    expect(failing.text).toBe('[+]certificate valid 23 h\n[-]controller not reached\nreadyz check failed\n');
    linked = true;
    expect((await call('/readyz')).text).toBe('ok\n');
    expect((await call('/readyz?verbose')).text).toContain('[+]controller connected\n');
  });

  it('share one exposition among scrapes at a time', async () => {
    let made = 0;
    let release = (): void => undefined;
    const expose = (): Promise<string> => {
      made += 1;
      return new Promise((resolve) => {
        release = () => resolve('x 1\n');
      });
    };
    const { call } = await start({ metrics: { expose, contentType: 'text/plain' } });
    const scrapes = [call('/metrics'), call('/metrics'), call('/metrics')];
    await expect.poll(() => made).toBe(1);
    await call('/livez');
    release();
    expect((await Promise.all(scrapes)).map(({ text }) => text)).toEqual(['x 1\n', 'x 1\n', 'x 1\n']);
    expect(made).toBe(1);
  });
});

describe('the guarded routes (S33)', () => {
  it('answer whoever has the token', async () => {
    const { call } = await start();
    const reply = await call('/v1/status', { headers: AUTH });
    expect([reply.status, JSON.parse(reply.text)]).toEqual([200, { mesh: 'acme' }]);
    expect(reply.headers['x-content-type-options']).toBe('nosniff');
  });

  it.each([
    ['no token', {}, 401],
    ['an empty token', { authorization: 'Bearer ' }, 401],
    ['a wrong token', { authorization: `Bearer ${'e'.repeat(64)}` }, 401],
    ['a longer token', { authorization: `Bearer ${TOKEN}f` }, 401],
    ['another scheme', { authorization: `Basic ${TOKEN}` }, 401],
    ['a rebound host', { ...AUTH, host: 'evil.example' }, 403],
    ['a rebound host with a port', { ...AUTH, host: 'evil.example:80' }, 403],
    ['a host that starts as ours', { ...AUTH, host: '127.0.0.1.evil.example' }, 403],
    ['a host that starts as the local one', { ...AUTH, host: 'localhost.evil.example' }, 403],
    ['a host that ends as ours', { ...AUTH, host: 'evil-localhost' }, 403],
    ['a foreign origin', { ...AUTH, origin: 'https://evil.example' }, 403],
    ['the origin of a sandboxed page', { ...AUTH, origin: 'null' }, 403],
  ])('refuse %s', async (_what, headers, status) => {
    const { call } = await start();
    for (const path of ['/v1/status', '/v1/none', '/'])
      expect((await call(path, { headers })).status).toBe(status);
  });

  it.each(['localhost', 'localhost:1', '127.0.0.1:99', '[::1]:99', 'LOCALHOST'])(
    'accept host %s',
    async (host) => {
      const { call } = await start();
      expect((await call('/v1/status', { headers: { ...AUTH, host } })).status).toBe(200);
    },
  );

  it('are closed to all where the program has none', async () => {
    const metrics = createPrometheusMetrics();
    const server = await startAdminServer({ host: '127.0.0.1', port: 0, metrics, ready: () => [] });
    onTestFinished(() => server.stop());
    for (const authorization of ['Bearer undefined', 'Bearer ']) {
      const url = `http://127.0.0.1:${server.port}/v1/status`;
      expect((await fetch(url, { headers: { authorization } })).status).toBe(401);
    }
  });

  it('give handlers the parameters, the query and the body', async () => {
    const { call } = await start();
    const reply = await call('/v1/exports/shop/c%61rt?dry=1', {
      method: 'POST',
      headers: AUTH,
      body: '{"a":1,"__proto__":{"polluted":true}}',
    });
    expect(JSON.parse(reply.text)).toEqual({ namespace: 'shop', name: 'cart', dry: '1', body: { a: 1 } });
  });

  it.each([
    ['a body over the limit', { body: JSON.stringify('x'.repeat(70_000)) }, 413],
    ['a body that is not JSON', { body: '{' }, 400],
    ['a body of 60,000 brackets', { body: '['.repeat(60_000) }, 400],
  ])('refuse %s and go on', async (_what, { body }, status) => {
    const { call } = await start();
    const reply = await call('/v1/exports/shop/cart', { method: 'POST', headers: AUTH, body });
    expect(reply.status).toBe(status);
    expect((await call('/v1/status', { headers: AUTH })).status).toBe(200);
  });

  it.each([
    '/v1/exports/shop',
    '/v1/exports/shop/',
    '/v1/exports/shop/a/b',
    '/v1/exports/shop/%',
    '/v1/exports//a',
  ])('know no POST %s', async (path) => {
    const { call } = await start();
    expect((await call(path, { method: 'POST', headers: AUTH })).status).toBe(404);
  });

  it('keep the cause of a failure to the log', async () => {
    const { call, log } = await start();
    const reply = await call('/v1/broken', { headers: AUTH });
    expect(reply.status).toBe(500);
    expect(reply.text).not.toContain('secret');
    expect(JSON.stringify(log.lines)).toContain('secret detail');
  });
});

describe('the admin server', () => {
  it('names the address it cannot have', async () => {
    const { server } = await start();
    await expect(start({ port: server.port })).rejects.toThrow(`127.0.0.1:${server.port}`);
  });

  it('outlives what is not HTTP, and heads over the limit', async () => {
    const { server, call } = await start();
    for (const bytes of [
      '\0\0\0\0\r\n\r\n',
      `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(9_000)}\r\n\r\n`,
      'GET //\\ HTTP/1.1\r\nHost: a\r\n\r\n',
    ]) {
      const socket = connect(server.port, '127.0.0.1').on('error', () => undefined);
      socket.end(bytes);
      socket.resume();
      await once(socket, 'close');
    }
    expect((await call('/livez')).status).toBe(200);
  });

  it('stops at once and twice, ending idle connections', async () => {
    const { server } = await start();
    const socket = connect(server.port, '127.0.0.1');
    await once(socket, 'connect');
    await Promise.all([server.stop(), once(socket, 'close')]);
    await server.stop();
    expect(socket.destroyed).toBe(true);
  });
});
