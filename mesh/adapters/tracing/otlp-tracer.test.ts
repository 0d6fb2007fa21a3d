import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { startTracer } from './otlp-tracer.ts';

const OPTIONS = { serviceName: 'cart', cluster: 'east', attributes: { 'k8s.namespace.name': 'shop' } };
const PARENT = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  sampled: true,
  traceState: 'congo=t61',
};

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: number };
}
interface Export {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly Record<string, unknown>[] }[];
  }[];
}

async function listen(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function startCollector(): Promise<{ url: string; exports: Export[] }> {
  const exports: Export[] = [];
  const url = await listen((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      exports.push(JSON.parse(Buffer.concat(chunks).toString()) as Export);
      response.setHeader('content-type', 'application/json');
      response.end('{}');
    });
  });
  return { url, exports };
}

afterEach(() => void vi.unstubAllEnvs());

describe('the tracer', () => {
  it.each([
    ['no endpoint', {}],
    ['an empty endpoint', { OTEL_EXPORTER_OTLP_ENDPOINT: ' ' }],
    ['the SDK disabled', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_SDK_DISABLED: 'true' }],
    ['no exporter', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_TRACES_EXPORTER: 'none' }],
  ])('does nothing with %s, and passes the parent on', async (_what, env) => {
    const tracer = await startTracer(OPTIONS, env);
    expect(tracer.enabled).toBe(false);
    const span = tracer.start('x', 'client', PARENT);
    span.set({ a: 1 });
    span.end('connect_failed');
    expect(span.context).toEqual(PARENT);
    expect(tracer.start('x', 'client', undefined).context.traceId).toBe('0'.repeat(32));
    await tracer.stop();
  });

  it('exports spans with their parents, attributes, errors and resource', async () => {
    const { url, exports } = await startCollector();
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', url);
    vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', 'http/json');
    vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'k8s.cluster.name=renamed,team=a');
    const tracer = await startTracer(OPTIONS);
    const server = tracer.start('GET /', 'server', PARENT);
    const client = tracer.start('GET cart.shop', 'client', server.context);
    client.set({ 'http.response.status_code': 503, 'isthmus.destination.cluster': 'west' });
    client.end('upstream_reset');
    client.end();
    server.end();
    const unsampled = tracer.start('GET /', 'server', { ...PARENT, sampled: false });
    unsampled.end();
    const root = tracer.start('GET /', 'server', undefined);
    await tracer.stop();

    expect(server.context).toMatchObject({ traceId: PARENT.traceId, sampled: true, traceState: 'congo=t61' });
    expect(unsampled.context.sampled).toBe(false);
    expect(root.context.traceId).not.toBe(PARENT.traceId);
    const [sent] = exports.flatMap(({ resourceSpans }) => resourceSpans);
    const attribute = (key: string): unknown =>
      sent!.resource.attributes.find((one) => one.key === key)?.value;
    expect(attribute('service.name')).toEqual({ stringValue: 'cart' });
    expect(attribute('k8s.cluster.name')).toEqual({ stringValue: 'renamed' });
    expect(attribute('k8s.namespace.name')).toEqual({ stringValue: 'shop' });
    expect(attribute('process.command_args')).toBeUndefined();
    const spans = sent!.scopeSpans.flatMap((scope) => scope.spans);
    expect(spans).toHaveLength(2);
    expect(spans).toMatchObject([
      {
        ...{ name: 'GET cart.shop', kind: 3, traceId: PARENT.traceId, parentSpanId: server.context.spanId },
        status: { code: 2, message: 'upstream_reset' },
      },
      { name: 'GET /', kind: 2, parentSpanId: PARENT.spanId, spanId: server.context.spanId },
    ]);
  });

  it('stops within two seconds though the endpoint never answers', async () => {
    const url = await listen(() => undefined);
    vi.stubEnv('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', `${url}/v1/traces`);
    const tracer = await startTracer(OPTIONS);
    expect(tracer.enabled).toBe(true);
    tracer.start('x', 'client', undefined).end();
    const began = performance.now();
    await tracer.stop();
    expect(performance.now() - began).toBeLessThan(2_500);
  });
});
