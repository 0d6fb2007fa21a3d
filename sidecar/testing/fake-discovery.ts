/**
 * Fakes with behaviour, for tests of the sidecar. Here: discovery of a whole mesh in memory. Sidecars register, and
 * every sidecar's view changes at once; each cluster has one gateway address, which a test makes listen.
 */
import { DEFAULT_FAILOVER } from '../../mesh/decide/failover/default-policy.ts';
import { routeId } from '../../mesh/decide/route-id.ts';
import type { TrustBundle } from '../../mesh/model/bundle.ts';
import type { ClusterInfo, GatewayAddress, LinkState, ZoneCapacity } from '../../mesh/model/catalog.ts';
import type {
  LocalPort,
  MeshView,
  PeerView,
  RemoteOffer,
  Self,
  ServiceView,
} from '../../mesh/model/mesh-view.ts';
import type { ClusterName, MeshName, ServiceKey } from '../../mesh/model/names.ts';
import type { AccessPolicy, FailoverPolicy } from '../../mesh/model/policy.ts';
import type { ProxyReport } from '../../mesh/model/report.ts';
import type { Endpoint, ServicePort } from '../../mesh/model/service.ts';
import type { Discovery, Registration } from '../../mesh/ports/discovery.ts';

export const MESH = 'acme' as MeshName;

export interface FakeService {
  readonly key: ServiceKey;
  readonly ports: readonly ServicePort[];
  readonly failover?: FailoverPolicy;
  readonly clustersetIps?: readonly string[];
  /** True: other clusters call its first endpoint where it is, and not through a gateway. */
  readonly near?: boolean;
}

export interface FakeCluster {
  readonly self: Self;
  gateways: readonly GatewayAddress[];
  link: LinkState;
  bundle: TrustBundle;
  access: readonly AccessPolicy[];
  /** Registered sidecars, by proxy name; endpoints that no sidecar stands behind can be put in, too. */
  readonly endpoints: Map<string, { readonly service: ServiceKey; readonly endpoint: Endpoint }>;
  readonly reports: ProxyReport[];
  discovery(): Discovery;
}

export interface FakeMesh {
  readonly clusters: Map<ClusterName, FakeCluster>;
  services: readonly FakeService[];
  addCluster(name: string, place: { region: string; zone: string; bundle: TrustBundle }): FakeCluster;
  /** Tells every sidecar, after a test changed something by hand. */
  publish(): void;
}

export function createFakeMesh(services: readonly FakeService[]): FakeMesh {
  const listeners = new Map<ClusterName, Set<(view: MeshView) => void>>();
  let version = 1;
  const mesh: FakeMesh = {
    ...{ clusters: new Map(), services },
    addCluster(name, { region, zone, bundle }) {
      const self: Self = { mesh: MESH, cluster: name as ClusterName, region, zone };
      const told = new Set<(view: MeshView) => void>();
      const cluster: FakeCluster = {
        ...{ self, bundle, gateways: [], link: 'up', access: [], endpoints: new Map(), reports: [] },
        discovery: () =>
          fakeDiscovery(cluster, told, { publish: mesh.publish, view: () => viewOf(mesh, cluster, version) }),
      };
      listeners.set(self.cluster, told);
      mesh.clusters.set(self.cluster, cluster);
      return cluster;
    },
    publish() {
      version += 1;
      for (const [name, told] of listeners) {
        const cluster = mesh.clusters.get(name);
        if (cluster === undefined) continue;
        const view = viewOf(mesh, cluster, version);
        for (const listener of told) listener(view);
      }
    },
  };
  return mesh;
}

function fakeDiscovery(
  cluster: FakeCluster,
  told: Set<(view: MeshView) => void>,
  { publish, view }: { publish(): void; view(): MeshView },
): Discovery {
  let proxy: string | undefined;
  return {
    start: () => Promise.resolve(view()),
    view,
    subscribe(changed) {
      told.add(changed);
      return () => void told.delete(changed);
    },
    register(registration) {
      proxy = registration.proxy;
      if (registration.kind !== 'sidecar') return;
      cluster.endpoints.set(proxy, { service: registration.service, endpoint: endpointOf(registration) });
      publish();
    },
    report: (report) => void cluster.reports.push(report),
    connected: () => true,
    stop() {
      if (proxy !== undefined && cluster.endpoints.delete(proxy)) publish();
      return Promise.resolve();
    },
  };
}

function endpointOf(registration: Extract<Registration, { kind: 'sidecar' }>): Endpoint {
  const { proxy, address, port, region, zone, ready, serviceAccount } = registration;
  return { id: proxy, address, port, region, zone, ready, serviceAccount };
}

function viewOf(mesh: FakeMesh, cluster: FakeCluster, version: number): MeshView {
  const others = [...mesh.clusters.values()].filter((other) => other !== cluster);
  const peers = new Map(others.map((other): [ClusterName, PeerView] => [other.self.cluster, peerOf(other)]));
  const services = mesh.services.map((service) => serviceView(service, cluster, others));
  return {
    ...{ version, self: cluster.self, bundle: cluster.bundle, peers },
    services: new Map(services.map((service) => [service.key, service])),
  };
}

function peerOf(other: FakeCluster): PeerView {
  const { cluster, region, zone } = other.self;
  const info: ClusterInfo = {
    cluster,
    region,
    zone,
    network: cluster,
    gateways: other.gateways,
    version: '0',
  };
  return { info, link: { state: other.link, since: 0 } };
}

function serviceView(
  service: FakeService,
  cluster: FakeCluster,
  others: readonly FakeCluster[],
): ServiceView {
  const ports = (of: FakeCluster): LocalPort[] =>
    service.ports.map((port) => ({ ...port, routeId: fakeRouteId(of, service.key, port.port) }));
  const remote = others.flatMap((other): RemoteOffer[] => {
    const endpoints = endpointsOf(other, service.key);
    const [first] = endpoints;
    if (first === undefined) return [];
    const accounts = endpoints.map(({ serviceAccount }) => serviceAccount);
    const serviceAccounts = [...new Set(accounts.filter((account) => account !== undefined))];
    return [
      {
        cluster: other.self.cluster,
        ports: ports(other),
        zones: zonesOf(endpoints),
        serviceAccounts,
        ...(accounts.includes(undefined) ? { plain: true } : {}),
        ...(service.near === true ? { sidecar: { address: first.address, port: first.port } } : {}),
      },
    ];
  });
  return {
    ...{
      key: service.key,
      ports: ports(cluster),
      local: endpointsOf(cluster, service.key),
      remote,
      exported: true,
      ...(service.clustersetIps === undefined ? {} : { clustersetIps: service.clustersetIps }),
    },
    ...{ failover: service.failover ?? DEFAULT_FAILOVER, access: cluster.access },
  };
}

export function fakeRouteId({ self }: FakeCluster, service: ServiceKey, port: number): LocalPort['routeId'] {
  return routeId(Buffer.from(self.cluster.padEnd(32, '.')), service, port);
}

function endpointsOf({ endpoints }: FakeCluster, service: ServiceKey): Endpoint[] {
  return [...endpoints.values()].filter((entry) => entry.service === service).map(({ endpoint }) => endpoint);
}

function zonesOf(endpoints: readonly Endpoint[]): ZoneCapacity[] {
  const zones = new Map<string, { region: string; zone: string; ready: number; total: number }>();
  for (const { region, zone, ready } of endpoints) {
    const capacity = zones.get(`${region}/${zone}`) ?? { region, zone, ready: 0, total: 0 };
    capacity.total += 1;
    if (ready) capacity.ready += 1;
    zones.set(`${region}/${zone}`, capacity);
  }
  return [...zones.values()];
}
