/** Views of a small cluster `east` of mesh `acme`. */
import type { MeshView, ServiceView } from '../../../mesh/model/mesh-view.ts';
import type {
  ClusterName,
  MeshName,
  RouteId,
  ServiceAccount,
  ServiceKey,
} from '../../../mesh/model/names.ts';
import type { Endpoint } from '../../../mesh/model/service.ts';

export const SELF = { cluster: 'east' as ClusterName, mesh: 'acme' as MeshName };

/** The route id of a sample service: its first letter, 26 times. */
export function sampleRouteId(service: string): RouteId {
  return (service[0] ?? 'a').repeat(26) as RouteId;
}

export function serverNameOf(service: string): string {
  return `${sampleRouteId(service)}.${SELF.cluster}.${SELF.mesh}`;
}

export function sampleEndpoint(port: number, over: Partial<Endpoint> = {}): Endpoint {
  return {
    id: `endpoint-${port}`,
    address: '127.0.0.1',
    port,
    region: 'eu',
    zone: 'eu-1',
    ready: true,
    serviceAccount: 'default' as ServiceAccount,
    ...over,
  };
}

export function sampleService(
  name: string,
  local: readonly Endpoint[],
  { exported = true, routeId = sampleRouteId(name) } = {},
): ServiceView {
  return {
    key: `shop/${name}` as ServiceKey,
    ports: [{ name: '', port: 80, targetPort: 8080, appProtocol: 'http', routeId }],
    local,
    remote: [],
    exported,
    access: [],
    failover: {
      name: 'default',
      generation: 1,
      levels: [{ kind: 'zone' }],
      threshold: 71.4,
      overflow: 'keep',
      failback: { rampMs: 30_000, holdMs: 10_000 },
      panic: 50,
    },
  };
}

export function sampleView(services: readonly ServiceView[], version = 1): MeshView {
  return {
    version,
    self: { ...SELF, region: 'eu', zone: 'eu-1' },
    bundle: { mesh: SELF.mesh, version: 1, roots: [], evicted: [] },
    services: new Map(services.map((service) => [service.key, service])),
    peers: new Map(),
  };
}
