import net, { type AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startAdminServer } from '../../mesh/adapters/admin/admin-server.ts';
import type { AppProbe } from '../../mesh/adapters/kubernetes/app-probes.ts';
import { createPrometheusMetrics } from '../../mesh/adapters/metrics/prometheus-metrics.ts';
import { until } from '../testing/applications.ts';
import { openAppHealth } from './app-health.ts';

/** A sidecar's admin port, before an application that accepts connections until it is ended. */
async function sidecar(kind: 'tcp' | 'http' = 'tcp') {
  let accepted = 0;
  const app = net.createServer((socket) => {
    accepted += 1;
    socket.on('error', () => undefined).resume();
  });
  await new Promise<void>((listening) => app.listen(0, '127.0.0.1', listening));
  const { port } = app.address() as AddressInfo;
  const probe: AppProbe =
    kind === 'tcp'
      ? { kind, port, timeoutMs: 2_000 }
      : { kind, port, timeoutMs: 1_000, scheme: 'http:', path: '/', headers: [] };
  const metrics = createPrometheusMetrics();
  const probes = new Map([['app/livenessProbe', probe]]);
  const open = openAppHealth({ probes, address: '10.244.0.7', metrics });
  const admin = await startAdminServer({ host: '127.0.0.1', port: 0, metrics, ready: () => [], open });
  onTestFinished(() => admin.stop());
  const ask = async (path: string): Promise<readonly [status: number, text: string]> => {
    const answer = await fetch(`http://127.0.0.1:${admin.port}${path}`);
    return [answer.status, await answer.text()];
  };
  const end = (): Promise<void> => new Promise((closed) => app.close(() => closed()));
  onTestFinished(end);
  return { ask, end, metrics, accepted: () => accepted };
}

describe('the health of an application, asked of its sidecar', () => {
  it('is what a probe of the application says now', async () => {
    const { ask, end, metrics } = await sidecar();
    expect(await ask('/app-health/app/livenessProbe')).toEqual([200, 'ok\n']);
    await end();
    expect(await ask('/app-health/app/livenessProbe')).toEqual([
      503,
      expect.stringContaining('ECONNREFUSED'),
    ]);
    const text = await metrics.expose();
    expect(text).toContain('isthmus_app_probes_total{outcome="passed"} 1');
    expect(text).toContain('isthmus_app_probes_total{outcome="failed"} 1');
  });

  it.each(['app/readinessProbe', 'app', 'other/livenessProbe', '', 'app/livenessProbe/x', '__proto__'])(
    'is unknown of %j, which the pod did not state',
    async (name) => {
      const { ask, accepted, metrics } = await sidecar();
      expect(await ask(`/app-health/${name}`)).toEqual([404, 'the pod has no such probe\n']);
      expect(accepted()).toBe(0);
      expect(await metrics.expose()).toContain('isthmus_app_probes_total{outcome="unknown"} 1');
    },
  );

  it('is asked no more than 64 times at once', async () => {
    const { ask, accepted } = await sidecar('http');
    const asked = Array.from({ length: 64 }, () => ask('/app-health/app/livenessProbe'));
    await until('all have come to the application', () => accepted() === 64);
    expect(await ask('/app-health/app/livenessProbe')).toEqual([503, 'too many probes at once\n']);
    for (const [status, text] of await Promise.all(asked))
      expect([status, text]).toEqual([503, 'the application: it did not answer within 1000 ms\n']);
  });
});
