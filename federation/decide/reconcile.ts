/** One pass of the controller: from everything that is known now to everything that follows. */
import type { ClusterConfig } from '../../mesh/model/cluster-config.ts';
import type { ClusterInfo } from '../../mesh/model/catalog.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import type { MulticlusterState } from '../../mesh/model/multicluster.ts';
import type { ClusterName, ServiceKey } from '../../mesh/model/names.ts';
import {
  decideMulticluster,
  multiclusterMemory,
  stolenAddresses,
  type MulticlusterMemory,
} from './multicluster.ts';
import {
  isImportable,
  decideView,
  viewMemory,
  type PeerCatalogs,
  type ViewMemory,
  type ViewParts,
} from './mesh-view.ts';
import { assignPlainPorts, type Assignment, type PlainPorts } from './plain-ports.ts';
import {
  farPorts,
  plainPods,
  plainProxies,
  proxyAddresses,
  withPlainEndpoints,
  withPlainParts,
} from './plain-workloads.ts';
import {
  decideOwnCatalog,
  ownCatalogMemory,
  type LocalState,
  type OwnCatalogMemory,
  type OwnCatalogParts,
} from './own-catalog.ts';
import type { HostNames } from './host-names.ts';
import { decideNearHosts } from './near-hosts.ts';
import { decideOwnHosts, ownHostsMemory, withHosts, type OwnHostsMemory } from './own-hosts.ts';
import {
  endpointsMemory,
  joinEndpoints,
  readyGateways,
  type EndpointsMemory,
  type ProxyRegistration,
} from './registrations.ts';

export interface Gathered {
  readonly config: ClusterConfig;
  /** Of Isthmus. */
  readonly version: string;
  readonly objects: Omit<LocalState, 'routeIdOf'> & {
    readonly faults: readonly Fault[];
    readonly unreadyAddresses?: ReadonlySet<string>;
  };
  readonly routeIdOf: LocalState['routeIdOf'];
  readonly registrations: readonly ProxyRegistration[];
  readonly peers: PeerCatalogs;
  /** Those of them that have been silent for too long. */
  readonly unheard: ReadonlySet<ClusterName>;
  /** As given out before. */
  readonly plainPorts: PlainPorts;
  /** Of pods of headless services, as known before. */
  readonly hostNames: HostNames;
  /** Of the exchange. */
  readonly peerFaults: readonly Fault[];
  /** Under which pods here call an import, or a host of one. */
  readonly clustersetIps?: (service: ServiceKey) => readonly string[];
  /** False: nobody looks for imports here, as in a cluster without an API server, and none are decided. */
  readonly showsImports?: boolean;
}

export interface Decided {
  readonly local: LocalState;
  readonly own: OwnCatalogParts;
  readonly view: ViewParts;
  /** What the Multi-Cluster Services API shall say here. */
  readonly multicluster: MulticlusterState;
  /** As given out now. */
  readonly plainPorts: PlainPorts;
  /** As known now. */
  readonly hostNames: HostNames;
  readonly faults: readonly Fault[];
}

/** What the last pass decided of each service: a pass costs what has changed since, not what there is. */
export interface ReconcileMemory {
  readonly endpoints: EndpointsMemory;
  readonly own: OwnCatalogMemory;
  readonly hosts: OwnHostsMemory;
  readonly hostCatalog: OwnCatalogMemory;
  readonly view: ViewMemory;
  readonly multicluster: MulticlusterMemory;
}

export function reconcileMemory(): ReconcileMemory {
  const [endpoints, own, view] = [endpointsMemory(), ownCatalogMemory(), viewMemory()];
  const [hosts, hostCatalog] = [ownHostsMemory(), ownCatalogMemory()];
  return { endpoints, own, hosts, hostCatalog, view, multicluster: multiclusterMemory() };
}

/** The same with any memory of earlier passes, and with none. */
export function reconcile(gathered: Gathered, memory: ReconcileMemory = reconcileMemory()): Decided {
  const { objects, registrations, peers, config, routeIdOf } = gathered;
  const proxies = plainProxies(registrations);
  const pods = plainPods(proxies.length === 0 ? new Map() : (objects.podSlices ?? new Map()), registrations);
  const meshed = joinEndpoints(objects.endpoints, registrations, {
    unready: objects.unreadyAddresses,
    memory: memory.endpoints,
  });
  const info = ownInfo(gathered);
  const far = farClusters(info, peers);
  const local = { ...objects, endpoints: withPlainEndpoints(meshed, pods, proxies), routeIdOf };
  const { hostNames } = gathered;
  const hosting = { ...local, self: config.cluster, endpoints: meshed, plainPods: pods, proxies, hostNames };
  const hosts = decideOwnHosts(hosting, memory.hosts);
  const own = {
    ...decideOwnCatalog(local, info, memory.own),
    hosts: decideOwnCatalog({ ...local, ...hosts }, info, memory.hostCatalog).services,
  };
  const { clustersetIps } = gathered;
  const near = decideNearHosts({ ...local, own: hosts.sidecars, peers, network: config.network });
  const viewed = { self: config.cluster, local: withHosts(local, hosts), peers, near: near.sidecars };
  const meshView = decideView({ ...viewed, clustersetIps }, memory.view);
  const wantedPorts = proxies.length === 0 ? new Set<string>() : farPorts(meshView.services, far);
  const plainPorts = assignPlainPorts(gathered.plainPorts, wantedPorts);
  const allPods = new Map([...pods, ...hosts.plainPods]);
  const view = { ...meshView, services: withPlainParts(meshView.services, allPods, plainPorts.wanted) };
  const shown = { mesh: config.mesh, self: config.cluster, local, own, peers, unheard: gathered.unheard };
  const plain = { proxies: proxyAddresses(proxies), ports: plainPorts.wanted };
  const multicluster =
    gathered.showsImports === false
      ? nothingShown(config)
      : decideMulticluster({ ...shown, plain, clustersetIps }, memory.multicluster);
  const faults = [
    ...[...objects.faults, ...strays(registrations, local), ...own.faults, ...hosts.faults, ...near.faults],
    ...unserved(plainPorts),
    ...[...view.faults, ...stolenAddresses({ local, own, peers }), ...gathered.peerFaults],
  ];
  const held = { plainPorts: plainPorts.held, hostNames: hosts.hostNames };
  return { local, own, view, multicluster, ...held, faults };
}

function nothingShown({ mesh, cluster }: ClusterConfig): MulticlusterState {
  const [imports, exports, members] = [new Map(), new Map(), new Map()];
  return { mesh, cluster, namespaces: new Set(), imports, exports, policies: [], members };
}

/** Whose pods callers here do not reach by their own addresses. */
function farClusters({ network }: ClusterInfo, peers: PeerCatalogs): ReadonlySet<ClusterName> {
  const far = [...peers.values()].filter(
    ({ info, link }) => info.network !== network && link.state !== 'left',
  );
  return new Set(far.map(({ info }) => info.cluster));
}

function unserved({ unserved: names }: Assignment): readonly Fault[] {
  return names.map((name) =>
    fault('quota_exceeded', name, 'plain proxies have no port left for it: pods without a sidecar miss it'),
  );
}

function ownInfo({ config, registrations, version }: Gathered): ClusterInfo {
  const { cluster, region, zone, network } = config;
  return { cluster, region, zone, network, version, gateways: readyGateways(registrations) };
}

/** Workloads that serve, of a service that no manifest states: nobody can call them. One that only calls is well. */
function strays(registrations: readonly ProxyRegistration[], local: LocalState): readonly Fault[] {
  const missing = registrations.flatMap((entry) =>
    entry.kind === 'sidecar' && entry.ready && !local.services.has(entry.service) ? [entry.service] : [],
  );
  return [...new Set(missing)].map((service) => {
    const known = isImportable(service, local.namespaces) ? '' : ', nor any other in its namespace';
    return fault('not_found', service, `workloads run for it, but there is no Service of this name${known}`);
  });
}
