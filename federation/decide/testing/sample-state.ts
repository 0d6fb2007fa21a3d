/** Clusters for tests of the rules: a local state and the catalogs of peers, from short descriptions. */
import { routeId } from '../../../mesh/decide/route-id.ts';
import type { ExportedPort, ExportedService, LinkState, PeerCatalog } from '../../../mesh/model/catalog.ts';
import type { ClusterConfig } from '../../../mesh/model/cluster-config.ts';
import type {
  ClusterName,
  MeshName,
  Namespace,
  RouteId,
  ServiceAccount,
  ServiceKey,
} from '../../../mesh/model/names.ts';
import type { AppProtocol, Endpoint, Service } from '../../../mesh/model/service.ts';
import type { LocalState } from '../own-catalog.ts';
import type { PlainRegistration, SidecarRegistration } from '../registrations.ts';

const ROUTE_KEY = Buffer.alloc(32, 7);

export const cluster = (name: string): ClusterName => name as ClusterName;
export const key = (text: string): ServiceKey => text as ServiceKey;
export const routeIdOf = (service: ServiceKey, port: number): RouteId => routeId(ROUTE_KEY, service, port);

/** East, a network of its own. */
export const EAST = {
  ...{ mesh: 'acme' as MeshName, cluster: cluster('east'), region: 'eu', zone: 'eu-1', network: 'east' },
} as ClusterConfig;

export const PLAIN_PROXY: PlainRegistration = {
  ...{ kind: 'plain', proxy: 'gw-1-plain', address: '10.1.0.2', port: 15008, ready: true },
  ...{ region: 'eu', zone: 'eu-1' },
};

export interface PortText {
  readonly port: number;
  readonly name?: string;
  readonly appProtocol?: AppProtocol;
}

export function endpoint(id: string, over: Partial<Endpoint> = {}): Endpoint {
  return {
    ...{ id, address: '127.0.0.1', port: 15006, region: 'eu', zone: 'eu-1', ready: true },
    ...{ serviceAccount: 'cart' as ServiceAccount, ...over },
  };
}

export function sidecar(proxy: string, over: Partial<SidecarRegistration> = {}): SidecarRegistration {
  return {
    ...{ kind: 'sidecar', proxy, service: key('shop/cart'), serviceAccount: 'cart' as ServiceAccount },
    ...{ address: '127.0.0.1', port: 15006, region: 'eu', zone: 'eu-1', ready: true, ...over },
  };
}

export function service(text: string, ports: readonly PortText[] = [{ port: 80 }]): Service {
  return {
    key: key(text),
    ports: ports.map(({ port, name = '', appProtocol = 'http' }) => ({
      name,
      port,
      targetPort: port,
      appProtocol,
    })),
  };
}

export interface LocalText {
  readonly services?: readonly Service[];
  /** Service keys, oldest first: exported at 1000, 2000 ... */
  readonly exports?: readonly string[];
  readonly endpoints?: Readonly<Record<string, readonly Endpoint[]>>;
  readonly namespaces?: readonly string[];
}

export function localState({
  services = [],
  exports = [],
  endpoints = {},
  namespaces = ['shop'],
}: LocalText): LocalState {
  return {
    namespaces: new Set(namespaces as Namespace[]),
    services: new Map(services.map((entry) => [entry.key, entry])),
    endpoints: new Map(Object.entries(endpoints).map(([text, list]) => [key(text), list])),
    exports: new Map(exports.map((text, i) => [key(text), { key: key(text), createdAt: 1000 * (i + 1) }])),
    ...{ failover: new Map(), access: [], routeIdOf },
  };
}

export function exported(
  text: string,
  exportedAt: number,
  ports: readonly PortText[] = [{ port: 80 }],
): ExportedService {
  return {
    ...{ key: key(text), exportedAt, zones: [{ region: 'us', zone: 'us-1', ready: 3, total: 3 }] },
    ports: ports.map(({ port, name = '', appProtocol = 'http' }): ExportedPort => {
      return { name, port, appProtocol, routeId: routeIdOf(key(text), port) };
    }),
    serviceAccounts: ['cart' as ServiceAccount],
  };
}

export function peer(
  name: string,
  services: readonly ExportedService[],
  state: LinkState = 'up',
): PeerCatalog {
  const gateways = [{ host: '198.51.100.7', port: 15443, zone: 'us-1' }];
  return {
    info: { cluster: cluster(name), region: 'us', zone: 'us-1', network: name, gateways, version: '0.1.0' },
    link: { state, since: 1, rttMs: 4 },
    services: new Map(services.map((entry) => [entry.key, entry])),
  };
}

export function peersOf(...catalogs: readonly PeerCatalog[]): ReadonlyMap<ClusterName, PeerCatalog> {
  return new Map(catalogs.map((catalog) => [catalog.info.cluster, catalog]));
}
