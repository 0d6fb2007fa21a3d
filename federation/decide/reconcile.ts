/** One pass of the controller: from everything that is known now to everything that follows. */
import type { ClusterConfig } from '../../mesh/model/cluster-config.ts';
import type { ClusterInfo } from '../../mesh/model/catalog.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import type { MulticlusterState } from '../../mesh/model/multicluster.ts';
import type { ClusterName } from '../../mesh/model/names.ts';
import { decideMulticluster, stolenAddresses } from './multicluster.ts';
import { isImportable, decideView, type PeerCatalogs, type ViewParts } from './mesh-view.ts';
import { assignPlainPorts, type Assignment, type PlainPorts } from './plain-ports.ts';
import {
  farPorts,
  plainPods,
  plainProxies,
  proxyAddresses,
  withPlainEndpoints,
  withPlainParts,
} from './plain-workloads.ts';
import { decideOwnCatalog, type LocalState, type OwnCatalogParts } from './own-catalog.ts';
import { joinEndpoints, readyGateways, type ProxyRegistration } from './registrations.ts';

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
  /** Of the exchange. */
  readonly peerFaults: readonly Fault[];
}

export interface Decided {
  readonly local: LocalState;
  readonly own: OwnCatalogParts;
  readonly view: ViewParts;
  /** What the Multi-Cluster Services API shall say here. */
  readonly multicluster: MulticlusterState;
  /** As given out now. */
  readonly plainPorts: PlainPorts;
  readonly faults: readonly Fault[];
}

export function reconcile(gathered: Gathered): Decided {
  const { objects, registrations, peers, config, routeIdOf } = gathered;
  const proxies = plainProxies(registrations);
  const pods = plainPods(proxies.length === 0 ? new Map() : (objects.podSlices ?? new Map()), registrations);
  const meshed = joinEndpoints(objects.endpoints, registrations, objects.unreadyAddresses);
  const endpoints = withPlainEndpoints(meshed, pods, proxies);
  const local = { ...objects, endpoints, routeIdOf };
  const own = decideOwnCatalog(local, ownInfo(gathered));
  const meshView = decideView({ self: config.cluster, local, peers });
  const wantedPorts =
    proxies.length === 0 ? new Set<string>() : farPorts(meshView.services, farClusters(own.info, peers));
  const plainPorts = assignPlainPorts(gathered.plainPorts, wantedPorts);
  const view = { ...meshView, services: withPlainParts(meshView.services, pods, plainPorts.wanted) };
  const multicluster = decideMulticluster({
    ...{ mesh: config.mesh, self: config.cluster, local, own, peers, unheard: gathered.unheard },
    plain: { proxies: proxyAddresses(proxies), ports: plainPorts.wanted },
  });
  const faults = [
    ...[...objects.faults, ...strays(registrations, local), ...own.faults, ...unserved(plainPorts)],
    ...[...view.faults, ...stolenAddresses({ local, own, peers }), ...gathered.peerFaults],
  ];
  return { local, own, view, multicluster, plainPorts: plainPorts.held, faults };
}

/** Whose pods callers here do not reach by their own addresses. */
function farClusters({ network }: ClusterInfo, peers: PeerCatalogs): ReadonlySet<ClusterName> {
  const far = [...peers.values()].filter(({ info }) => info.network !== network);
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
