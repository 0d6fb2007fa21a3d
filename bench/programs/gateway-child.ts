/** A gateway as it is shipped, in a process of its own, with a fixed view instead of a controller. */
import { startGateway } from '../../gateway/gateway.ts';
import { sampleEndpoint, sampleService, sampleView } from '../../gateway/decide/testing/sample-view.ts';
import { fakeDiscovery } from '../../gateway/testing/fake-discovery.ts';
import { systemClock } from '../../mesh/adapters/clock/system-clock.ts';
import { createLog } from '../../mesh/adapters/log/pino-log.ts';
import { createPrometheusMetrics } from '../../mesh/adapters/metrics/prometheus-metrics.ts';
import { systemRandom } from '../../mesh/adapters/random/system-random.ts';
import { MESH } from '../../sidecar/testing/fake-discovery.ts';
import { ROUTE_ID, SERVER_CLUSTER } from '../names.ts';

export interface GatewayInput {
  /** Port of the one endpoint of the one exported service. */
  readonly backend: number;
}

const { backend } = JSON.parse(process.argv[2] ?? '') as GatewayInput;
const service = sampleService('app', [sampleEndpoint(backend)], { routeId: ROUTE_ID });

const gateway = await startGateway({
  ...{ config: { cluster: SERVER_CLUSTER, mesh: MESH }, clock: systemClock, random: systemRandom },
  ...{ log: createLog('gateway'), metrics: createPrometheusMetrics() },
  discovery: fakeDiscovery(sampleView([service])),
  controllerTargets: () => undefined,
  listen: { host: '127.0.0.1', port: 0 },
  ...{ zone: 'eu-1', name: 'gateway-1' },
});
process.on('disconnect', () => process.exit());
process.send?.({ port: gateway.address.port });
