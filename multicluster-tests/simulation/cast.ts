/** Who and what there is in a run: clusters, services, places. The same names in every run, so that keys are made once. */
import type { Identity, WorkloadIdentity } from '../../mesh/model/identity.ts';
import type {
  ClusterName,
  MeshName,
  Namespace,
  RouteId,
  ServiceAccount,
  ServiceKey,
} from '../../mesh/model/names.ts';
import { routeId } from '../../mesh/decide/route-id.ts';

export const MESH = 'acme' as MeshName;
export const CLUSTERS = ['east', 'west', 'north', 'south', 'ash', 'birch', 'cedar', 'dune'] as ClusterName[];
export const FOUNDER = CLUSTERS[0]!;
/** A genuine member that lies. */
export const EVIL = 'evil' as ClusterName;
/** The last one is in a namespace of which each cluster decides whether to have it. */
export const SERVICES = [
  'shop/cart',
  'shop/pay',
  'shop/web',
  'shop/mail',
  'shop/logs',
  'dev/lab',
] as ServiceKey[];
/** The service that the one real sidecar of each cluster stands for. */
export const WORKLOAD = SERVICES[0]!;
export const OPTIONAL_NAMESPACE = 'dev' as Namespace;
export const PORTS = [
  { name: 'http', port: 80, appProtocol: 'http' },
  { name: 'admin', port: 9090, appProtocol: 'tcp' },
] as const;

const REGIONS = ['eu', 'us', 'eu', 'ap'];

export function regionOf(cluster: ClusterName): string {
  return REGIONS[CLUSTERS.indexOf(cluster) % REGIONS.length]!;
}

export function zoneOf(cluster: ClusterName): string {
  return `${regionOf(cluster)}-${cluster}`;
}

/** Where the gateway of a cluster is at first; a gateway that moves changes its port. */
export function gatewayHost(cluster: ClusterName): string {
  return cluster === EVIL ? '203.0.113.66' : `198.51.100.${CLUSTERS.indexOf(cluster) + 1}`;
}

export function routeKeyOf(cluster: ClusterName): Uint8Array {
  return new Uint8Array(32).fill(CLUSTERS.indexOf(cluster) + 1);
}

const routeIds = new Map<string, RouteId>();

/** Which cluster a route id comes from can be told from it alone: each has its own key. */
export function routeIdOf(cluster: ClusterName, service: ServiceKey, port: number): RouteId {
  const name = `${cluster} ${service}:${port}`;
  const id = routeIds.get(name) ?? routeId(routeKeyOf(cluster), service, port);
  routeIds.set(name, id);
  return id;
}

export function workloadOf(cluster: ClusterName): WorkloadIdentity {
  return {
    ...{ kind: 'workload', mesh: MESH, cluster, namespace: 'shop' as Namespace },
    serviceAccount: `of-${cluster}` as ServiceAccount,
  };
}

export function controllerOf(cluster: ClusterName): Identity {
  return { kind: 'program', mesh: MESH, cluster, program: 'controller' };
}
