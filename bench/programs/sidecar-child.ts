/** A sidecar as it is shipped, in a process of its own, with a fixed view instead of a controller. */
import { systemClock } from '../../mesh/adapters/clock/system-clock.ts';
import { createLog } from '../../mesh/adapters/log/pino-log.ts';
import { createPrometheusMetrics } from '../../mesh/adapters/metrics/prometheus-metrics.ts';
import { systemRandom } from '../../mesh/adapters/random/system-random.ts';
import { noopTracer } from '../../mesh/adapters/tracing/noop-tracer.ts';
import type { TrustBundle } from '../../mesh/model/bundle.ts';
import type { ClusterName, ServiceAccount, ServiceKey } from '../../mesh/model/names.ts';
import type { Credentials } from '../../mesh/ports/mesh-identity.ts';
import { startSidecar, type Sidecar } from '../../sidecar/sidecar.ts';
import type { FakeCluster } from '../../sidecar/testing/fake-discovery.ts';
import { SERVER_CLUSTER, SERVICE } from '../names.ts';
import { addEndpoint, fixedCluster, fixedIdentity, fixedMesh } from './fixed-mesh.ts';

export type SidecarInput = {
  readonly cluster: ClusterName;
  readonly bundle: TrustBundle;
  readonly credentials: Credentials;
} & (
  | { readonly role: 'server'; readonly appPort: number }
  /** `port`: of the service's endpoint, or of its cluster's gateway. */
  | { readonly role: 'client'; readonly via: 'endpoint' | 'gateway'; readonly port: number }
);

const input = JSON.parse(process.argv[2] ?? '') as SidecarInput;

function buildMesh(): FakeCluster {
  const mesh = fixedMesh();
  const own = fixedCluster(mesh, input.cluster, input.bundle);
  if (input.role === 'server') return own;
  if (input.via === 'endpoint') addEndpoint(own, input.port);
  else {
    const other = fixedCluster(mesh, SERVER_CLUSTER, input.bundle);
    other.gateways = [{ host: '127.0.0.1', port: input.port, zone: 'west-1' }];
    // Only its being there is told to other clusters.
    addEndpoint(other, 1);
  }
  return own;
}

function start(own: FakeCluster): Promise<Sidecar> {
  const account = input.role === 'server' ? 'app' : 'client';
  const service = input.role === 'server' ? SERVICE : ('shop/client' as ServiceKey);
  const serving = input.role === 'server' ? { appPort: input.appPort } : {};
  return startSidecar({
    workload: { service, serviceAccount: account as ServiceAccount, ...serving },
    identity: fixedIdentity({ ...input, account }),
    ...{ discovery: own.discovery(), clock: systemClock, random: systemRandom, log: createLog('sidecar') },
    ...{ metrics: createPrometheusMetrics(), tracer: noopTracer },
    listen: {
      ...{ inbound: { host: '127.0.0.1', port: 0 }, httpProxy: { host: '127.0.0.1', port: 0 } },
      upstreams: [],
    },
  });
}

const sidecar = await start(buildMesh());
if (input.role === 'server') sidecar.setReady(true);
const [listener] = sidecar.listeners();
process.on('disconnect', () => process.exit());
process.send?.({ port: input.role === 'server' ? sidecar.inboundAddress.port : listener?.port });
