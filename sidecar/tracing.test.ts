import { afterEach, describe, expect, it } from 'vitest';
import type { SpanContext } from '../mesh/model/span-context.ts';
import type { Tracer } from '../mesh/ports/tracing.ts';
import { ask, startHttpApp } from './testing/applications.ts';
import { createRunningMesh, service, type RunningMesh } from './testing/running-mesh.ts';

let running: RunningMesh;
afterEach(() => running.stop());

interface Recorded {
  readonly by: string;
  readonly kind: string;
  readonly context: SpanContext;
  readonly parent: SpanContext | undefined;
  ended?: string;
}

/** Numbers spans instead of drawing ids. */
function recordingTracer(by: string, spans: Recorded[]): Tracer {
  return {
    enabled: true,
    start(_name, kind, parent) {
      const number = (spans.length + 1).toString(16);
      const traceId = parent?.traceId ?? number.padStart(32, '0');
      const span: Recorded = {
        by,
        kind,
        parent,
        context: { traceId, spanId: number.padStart(16, '0'), sampled: true },
      };
      spans.push(span);
      return {
        context: span.context,
        set: () => undefined,
        end: (error) => void (span.ended ??= error ?? 'ok'),
      };
    },
    stop: () => Promise.resolve(),
  };
}

async function mesh(traced: boolean) {
  const spans: Recorded[] = [];
  running = createRunningMesh({ east: 'eu/eu-1' }, [service('web'), service('cart')]);
  const app = await startHttpApp('hello');
  running.keep(app.stop);
  const tracer = (by: string) => (traced ? { tracer: recordingTracer(by, spans) } : {});
  await running.start({ cluster: 'east', service: 'cart', appPort: app.port, ...tracer('cart') });
  const web = await running.start({ cluster: 'east', service: 'web', ...tracer('web') });
  const call = (headers: Record<string, string>) =>
    ask({ via: web.sidecar.httpProxyAddress, url: 'http://cart.shop.svc.clusterset.local/', headers });
  return { app, spans, call };
}

const TRACE = '0123456789abcdef0123456789abcdef';
const CALLER = '0123456789abcdef';

describe('a traced request', () => {
  it.each([
    ['W3C', { traceparent: `00-${TRACE}-${CALLER}-01` }, 'traceparent', `00-${TRACE}-0000000000000002-01`],
    ['B3', { b3: `${TRACE}-${CALLER}-1` }, 'b3', `${TRACE}-0000000000000002-1`],
  ])(
    'is one trace with the right parents, where the application speaks %s',
    async (_, sent, name, received) => {
      const { app, spans, call } = await mesh(true);
      await call(sent);
      expect(spans.map(({ by, kind, parent, ended }) => [by, kind, parent?.spanId, ended])).toEqual([
        ['web', 'client', CALLER, 'ok'],
        ['cart', 'server', '0000000000000001', 'ok'],
      ]);
      expect(new Set(spans.map(({ context }) => context.traceId))).toEqual(new Set([TRACE]));
      expect(app.requests[0]?.headers[name]).toBe(received);
    },
  );

  it('starts a trace where there is none, and ends with the reason of a failure', async () => {
    const { app, spans, call } = await mesh(true);
    await app.stop();
    await call({});
    expect(spans.map(({ by, parent, ended }) => [by, parent?.spanId, ended])).toEqual([
      ['web', undefined, 'application_unreachable'],
      ['cart', '0000000000000001', 'application_unreachable'],
    ]);
  });

  it('keeps its headers as they are where nothing is exported', async () => {
    const { app, call } = await mesh(false);
    await call({ traceparent: 'nonsense', tracestate: 'a=b', 'x-b3-traceid': '1' });
    expect(app.requests[0]?.headers).toMatchObject({
      traceparent: 'nonsense',
      tracestate: 'a=b',
      'x-b3-traceid': '1',
    });
  });
});
