/** Over real HTTPS: what an API server is answered, and what whoever else comes is not able to do. */
import { once } from 'node:events';
import { Agent, request } from 'node:https';
import tls from 'node:tls';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createMemoryLog } from '../log/memory-log.ts';
import { parseExposition } from '../metrics/exposition.fixture.ts';
import { createPrometheusMetrics } from '../metrics/prometheus-metrics.ts';
import { generateKeyPair, privateKeyToPem } from '../x509/issue.ts';
import { createServingAuthority, issueServing } from '../x509/serving.ts';
import type { PatchOperation } from './admission-review.ts';
import { patched, podOf, reviewOf } from './testing/pod-review.ts';
import { startWebhookServer, type ServingCertificate, type WebhookServer } from './webhook-server.ts';

const HOST = 'isthmus-webhook.isthmus-system.svc';
const MIB = 1024 * 1024;

function authority(): { readonly ca: string; issue(): ServingCertificate } {
  const keys = generateKeyPair();
  const life = { host: HOST, nowMs: Date.now(), lifeMs: 3_600_000 };
  return {
    ca: createServingAuthority(keys, life),
    issue() {
      const { publicKey, privateKey } = generateKeyPair();
      const certificate = issueServing(keys.privateKey, { ...life, publicKey });
      return { certificate, privateKey: privateKeyToPem(privateKey) };
    },
  };
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

const first = authority();
let server: WebhookServer;
let metrics: ReturnType<typeof createPrometheusMetrics>;
let agent: Agent;
const log = createMemoryLog();

beforeEach(async () => {
  metrics = createPrometheusMetrics();
  agent = new Agent({ keepAlive: true, maxSockets: 1, ca: first.ca, servername: HOST });
  server = await startWebhookServer({
    ...{ host: '127.0.0.1', port: 0, image: 'isthmus:1', certificate: first.issue(), metrics, log },
  });
});
afterEach(async () => {
  agent.destroy();
  await server.stop();
});

interface Asked {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | number>>;
}

function ask(body: string, { path = '/inject', method = 'POST', headers }: Asked = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({
      ...{ host: '127.0.0.1', port: server.port, agent, path, method },
      headers: headers ?? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    });
    sent.on('error', reject).on('response', (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => {
        const { statusCode: status = 0, headers: received } = response;
        resolve({ status, headers: received, body: text === '' ? undefined : JSON.parse(text) });
      });
    });
    sent.end(body);
  });
}

async function counted(): Promise<Readonly<Record<string, number>>> {
  const metric = parseExposition(await metrics.expose()).get('isthmus_webhook_reviews_total');
  return Object.fromEntries(
    (metric?.samples ?? []).map(({ labels, value }) => [
      `${labels['outcome']} ${labels['reason']}`.trim(),
      value,
    ]),
  );
}

const review = (...of: Parameters<typeof reviewOf>): string => JSON.stringify(reviewOf(...of));

describe('the webhook answers', () => {
  it('with the patch that gives the pod its sidecar', async () => {
    const pod = podOf();
    const { status, body } = await ask(review(pod));
    expect(status).toBe(200);
    const { response } = body as { readonly response: { readonly patch: string; readonly uid: string } };
    expect(response).toMatchObject({
      uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
      allowed: true,
      patchType: 'JSONPatch',
    });
    const patch = JSON.parse(Buffer.from(response.patch, 'base64').toString()) as readonly PatchOperation[];
    expect(patched(pod, patch).spec['initContainers']).toMatchObject([
      { name: 'isthmus-sidecar', image: 'isthmus:1' },
    ]);
    expect(await counted()).toEqual({ injected: 1 });
  });

  it('without one where the pod shall have none', async () => {
    const { body } = await ask(review(podOf({}, { hostNetwork: true })));
    expect((body as { readonly response: object }).response).toEqual({
      ...{ uid: '705ab4f5-6393-11e8-b7cc-42010a800002', allowed: true },
    });
    expect(await counted()).toEqual({ 'untouched host_network': 1 });
  });

  it('with a warning where the pod cannot have one, and admits it', async () => {
    const { status, body } = await ask(review(podOf({ annotations: { 'isthmus.dev/port': 'http' } })));
    expect(status).toBe(200);
    expect((body as { readonly response: object }).response).toEqual({
      ...{ uid: '705ab4f5-6393-11e8-b7cc-42010a800002', allowed: true },
      warnings: ['no sidecar: shop/cart-1: isthmus.dev/port: "http" is no port, and not none'],
    });
    expect(await counted()).toEqual({ 'cannot invalid_manifest': 1 });
  });
});

describe('the webhook refuses', () => {
  const chunked = { 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
  it.each([
    ['what is no JSON', '{', {}, 400],
    ['a body that would change all objects', '{"__proto__":{"a":1}}', {}, 400],
    ['a review of something else', review(podOf(), { operation: 'DELETE' }), {}, 400],
    ['what does not say how long it is', review(podOf()), { headers: chunked }, 411],
    ['a body of another kind', 'x', { headers: { 'content-type': 'text/plain', 'content-length': 1 } }, 415],
    ['another path', '{}', { path: '/other' }, 404],
    ['another method', '', { method: 'GET', headers: { 'content-length': 0 } }, 404],
  ])('%s', async (_what, body, asked, status) => {
    const answer = await ask(body, asked);
    expect(answer).toMatchObject({ status, body: { code: 'invalid_manifest', message: expect.any(String) } });
    expect(await counted()).toEqual({ [`malformed ${status}`]: 1 });
    expect((await ask(review(podOf()))).status).toBe(200);
  });

  it('a body over 3 MiB before it is read', async () => {
    const socket = await connect();
    socket.write(head(3 * MIB + 1));
    const [data] = (await once(socket, 'data')) as [Buffer];
    expect(data.toString()).toMatch(/^HTTP\/1\.1 413 /);
    await once(socket, 'close');
  });

  it('more bodies at once than it has room for, until one of them ends', async () => {
    const held = await Promise.all(Array.from({ length: 10 }, connect));
    for (const socket of held) socket.write(head(3 * MIB));
    await vi.waitFor(
      async () => expect((await ask(`${review(podOf())}${' '.repeat(2.5 * MIB)}`)).status).toBe(503),
      {
        timeout: 4_000,
      },
    );
    // A review of the usual size has room yet.
    expect((await ask(review(podOf()))).status).toBe(200);
    for (const socket of held) socket.destroy();
    await vi.waitFor(
      async () => expect((await ask(`${review(podOf())}${' '.repeat(2.5 * MIB)}`)).status).toBe(200),
      {
        timeout: 4_000,
      },
    );
  });

  it('a body that goes too deep, and goes on', async () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    const pod = JSON.stringify(podOf()).replace(
      '"serviceAccountName"',
      `"volumes":${deep},"serviceAccountName"`,
    );
    const { status } = await ask(review('pod').replace('"pod"', pod));
    expect([200, 500]).toContain(status);
    expect((await ask(review(podOf()))).status).toBe(200);
  });
});

function head(bytes: number): string {
  const fields = [
    'POST /inject HTTP/1.1',
    `host: ${HOST}`,
    'content-type: application/json',
    `content-length: ${bytes}`,
  ];
  return `${fields.join('\r\n')}\r\n\r\n`;
}

async function connect(): Promise<tls.TLSSocket> {
  const socket = tls.connect({ host: '127.0.0.1', port: server.port, servername: HOST, ca: first.ca });
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  return socket;
}

describe('a new certificate', () => {
  it('is used for new connections, and ends none of those that there are', async () => {
    const kept = await connect();
    const next = authority();
    server.renew(next.issue());
    kept.write(`${head(2)}{}`);
    const [data] = (await once(kept, 'data')) as [Buffer];
    expect(data.toString()).toMatch(/^HTTP\/1\.1 400 /);
    await expect(connect()).rejects.toThrow(/certificate|self-signed/);
    const renewed = tls.connect({ host: '127.0.0.1', port: server.port, servername: HOST, ca: next.ca });
    await once(renewed, 'secureConnect');
    renewed.destroy();
    kept.destroy();
  });

  it('of another name is refused by who trusts the authority', async () => {
    const other = tls.connect({
      host: '127.0.0.1',
      port: server.port,
      servername: 'kubernetes.default.svc',
      ca: first.ca,
    });
    await expect(once(other, 'secureConnect')).rejects.toThrow(/does not match certificate/);
  });
});

it('a webhook that leaves answers on, and tells its clients to take another connection', async () => {
  expect((await ask(review(podOf()))).headers['connection']).toBe('keep-alive');
  server.leave();
  const { status, headers } = await ask(review(podOf()));
  expect([status, headers['connection']]).toEqual([200, 'close']);
});
