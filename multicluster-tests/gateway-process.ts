/** A gateway in a process of its own, so that its memory can be measured. Speaks with its parent over IPC. */
import { systemClock } from '../mesh/adapters/clock/system-clock.ts';
import { createMemoryLog } from '../mesh/adapters/log/memory-log.ts';
import { createPrometheusMetrics } from '../mesh/adapters/metrics/prometheus-metrics.ts';
import { systemRandom } from '../mesh/adapters/random/system-random.ts';
import { startGateway } from '../gateway/gateway.ts';
import { fakeDiscovery } from '../gateway/testing/fake-discovery.ts';
import { SELF, sampleEndpoint, sampleService, sampleView } from '../gateway/decide/testing/sample-view.ts';

const [backendPort, helloDeadlineMs] = process.argv.slice(2).map(Number);

const gateway = await startGateway({
  ...{ config: SELF, clock: systemClock, random: systemRandom, log: createMemoryLog() },
  metrics: createPrometheusMetrics(),
  discovery: fakeDiscovery(sampleView([sampleService('cart', [sampleEndpoint(backendPort ?? 0)])])),
  controllerTargets: () => undefined,
  listen: { host: '127.0.0.1', port: 0 },
  zone: 'eu-1',
  name: 'gateway-1',
  settings: { helloDeadlineMs: helloDeadlineMs ?? 5_000 },
});

process.on('message', () => {
  globalThis.gc?.();
  globalThis.gc?.();
  process.send?.({ ...gateway.stats(), rssBytes: process.memoryUsage.rss() });
});
process.on('disconnect', () => process.exit());
process.send?.({ port: gateway.address.port });
