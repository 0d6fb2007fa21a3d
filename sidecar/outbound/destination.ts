/** A service port as this workload calls it: the way there, and what is counted about it. */
import { splitServiceOf } from '../../mesh/model/host-key.ts';
import { splitServiceKey } from '../../mesh/model/names.ts';
import type { ReasonCode } from '../../mesh/model/reason.ts';
import type { SidecarContext } from '../context.ts';
import type { HopMetrics, SidecarMetrics } from '../observe/request-metrics.ts';
import { createServiceStats, type ServiceStats } from '../observe/service-stats.ts';
import type { PortRoute } from './port-route.ts';

export interface Destination {
  readonly route: PortRoute;
  readonly stats: ServiceStats;
  countRetry(hedge: boolean): void;
  /** The series of a hop to that cluster. */
  hopTo(cluster: string): HopMetrics;
  readonly selfCluster: string;
  /** `<namespace>/<service>:<port>` */
  readonly name: string;
}

export function openDestination(
  context: SidecarContext,
  metrics: SidecarMetrics,
  route: PortRoute,
): Destination {
  const { workload, identity } = context;
  const source = splitServiceKey(workload.service);
  const { namespace, name } = splitServiceOf(route.service);
  const service = { destination_service: name, destination_service_namespace: namespace };
  const selfCluster = identity.id.cluster;
  const hops = new Map<string, HopMetrics>();
  return {
    ...{ route, selfCluster, stats: createServiceStats(), name: `${route.service}:${route.port}` },
    countRetry: (hedge) => (hedge ? metrics.hedges : metrics.retries)(service).add(),
    hopTo(cluster) {
      const known = hops.get(cluster);
      if (known !== undefined) return known;
      const hop = metrics.hop({
        ...{ reporter: 'source', source_cluster: selfCluster, source_workload: source.name },
        ...{ source_workload_namespace: source.namespace, destination_cluster: cluster, ...service },
      });
      hops.set(cluster, hop);
      return hop;
    },
  };
}

/** What counts as failed for the operator: no answer, or an answer of 500 and above. */
export function isFailure(status: number, reason: ReasonCode | ''): boolean {
  return status >= 500 || (reason !== '' && reason !== 'client_closed');
}
