/**
 * What the proxies of a cluster see: its own services, and what peers offer of services whose namespace exists here.
 * A service is one view: local endpoints always, and remote offers if the namespace is opted in. A Service that is not
 * exported still gets the offers of others under its name; what it is for local callers stays (S27).
 */
import { selectsService } from '../../mesh/decide/access/decide-access.ts';
import { createKeyedMemo, type KeyedMemo } from '../../mesh/kit/keyed-memo.ts';
import { DEFAULT_FAILOVER } from '../../mesh/decide/failover/default-policy.ts';
import type {
  ExportedPort,
  ExportedService,
  PeerCatalog,
  PeerLink,
  SidecarAddress,
} from '../../mesh/model/catalog.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import type { PeerView, RemoteOffer, ServiceView } from '../../mesh/model/mesh-view.ts';
import {
  isSystemService,
  splitServiceKey,
  type ClusterName,
  type Namespace,
  type ServiceKey,
} from '../../mesh/model/names.ts';
import type { AccessPolicy, FailoverPolicy } from '../../mesh/model/policy.ts';
import type { Endpoint, Service } from '../../mesh/model/service.ts';
import { mergePorts, type PortConflict } from './merge-ports.ts';
import { isExported, type LocalState } from './own-catalog.ts';

export type PeerCatalogs = ReadonlyMap<ClusterName, PeerCatalog>;

export interface ViewInput {
  readonly self: ClusterName;
  readonly local: LocalState;
  readonly peers: PeerCatalogs;
  /** Under which pods here call an import, or a host of one; absent: nobody does. */
  readonly clustersetIps?: ((service: ServiceKey) => readonly string[]) | undefined;
  /** Hosts that are called at their own addresses; absent: none. See near-hosts.ts. */
  readonly near?: ReadonlyMap<ServiceKey, SidecarAddress>;
}

export interface ViewParts {
  readonly services: ReadonlyMap<ServiceKey, ServiceView>;
  readonly peers: ReadonlyMap<ClusterName, PeerView>;
  /** Conflicts between clusters: each names the service, the winner and the loser. */
  readonly faults: readonly Fault[];
}

/** All that the view of one service follows from. */
interface Viewing extends Pick<LocalState, 'routeIdOf'> {
  readonly key: ServiceKey;
  readonly self: ClusterName;
  readonly service: Service | undefined;
  readonly endpoints: readonly Endpoint[] | undefined;
  readonly exported: boolean;
  readonly offers: readonly Offer[];
  readonly failover: FailoverPolicy | undefined;
  readonly access: readonly AccessPolicy[];
  readonly clustersetIps: readonly string[];
  readonly sidecar: SidecarAddress | undefined;
}

interface Viewed {
  readonly view: ServiceView;
  readonly faults: readonly Fault[];
}

/** The view of each service in the last pass. */
export type ViewMemory = KeyedMemo<ServiceKey, Viewing, Viewed>;
export const viewMemory = (): ViewMemory => createKeyedMemo();

/** `memory` of the last pass only saves work: views that follow from the same are the very same. */
export function decideView(input: ViewInput, memory: ViewMemory = viewMemory()): ViewParts {
  const present = [...input.peers.values()].filter(({ link }) => link.state !== 'left');
  const offers = offersByService(present, input.local.namespaces);
  const services = new Map<ServiceKey, ServiceView>();
  const faults: Fault[] = [];
  const recall = memory.round();
  for (const key of new Set([...carried(input.local.services), ...offers.keys()])) {
    const viewed = recall(key, viewing(key, offers.get(key) ?? [], input), serviceView);
    services.set(key, viewed.view);
    faults.push(...viewed.faults);
  }
  const peers = new Map(present.map(({ info, link }) => [info.cluster, { info, link: steadyLink(link) }]));
  return { services, peers, faults };
}

/** Consent of this side: the namespace exists here, and the service is none that each cluster has for itself. */
export function isImportable(key: ServiceKey, namespaces: ReadonlySet<Namespace>): boolean {
  const { namespace } = splitServiceKey(key);
  return namespaces.has(namespace) && !isSystemService(key);
}

/** Services of which the mesh carries a port: others have UDP or SCTP only, or no endpoints of their own. */
function carried(services: LocalState['services']): readonly ServiceKey[] {
  return [...services.values()].filter(({ ports }) => ports.length > 0).map(({ key }) => key);
}

const NONE: PeerCatalog['services'] = new Map();

interface Offer {
  readonly cluster: ClusterName;
  readonly service: ExportedService;
}

function offersByService(
  peers: readonly PeerCatalog[],
  namespaces: ReadonlySet<Namespace>,
): ReadonlyMap<ServiceKey, readonly Offer[]> {
  const offers = new Map<ServiceKey, Offer[]>();
  for (const { info, services, hosts = NONE } of peers) {
    for (const service of [...services.values(), ...hosts.values()]) {
      if (service.ports.length === 0 || !isImportable(service.key, namespaces)) continue;
      const held = offers.get(service.key) ?? [];
      held.push({ cluster: info.cluster, service });
      offers.set(service.key, held);
    }
  }
  return offers;
}

function viewing(key: ServiceKey, offers: readonly Offer[], input: ViewInput): Viewing {
  const { self, local, clustersetIps, near } = input;
  const sidecar = near?.get(key);
  const { services, endpoints, failover, access, routeIdOf } = local;
  return {
    ...{ key, self, service: services.get(key), endpoints: endpoints.get(key), offers, access, routeIdOf },
    ...{ exported: isExported(key, local), failover: failover.get(key) },
    ...{ sidecar, clustersetIps: sidecar === undefined ? (clustersetIps?.(key) ?? []) : [sidecar.address] },
  };
}

function serviceView({ key, self, service, endpoints = [], offers, ...rest }: Viewing): Viewed {
  const merged = mergePorts({
    self,
    local: service?.ports ?? [],
    offers: offers.map(({ cluster, service: { exportedAt, ports } }) => ({ cluster, exportedAt, ports })),
    routeIdOf: (port) => rest.routeIdOf(key, port),
  });
  const view = {
    ...(rest.clustersetIps.length === 0 ? {} : { clustersetIps: rest.clustersetIps }),
    ...{ key, ports: merged.ports, exported: rest.exported },
    local: service === undefined ? [] : endpoints,
    remote: offers
      .map((offer) => remoteOffer(offer, merged.usable.get(offer.cluster), rest.sidecar))
      .filter((offer) => offer !== undefined)
      .sort((a, b) => (a.cluster < b.cluster ? -1 : 1)),
    failover: rest.failover ?? DEFAULT_FAILOVER,
    access: rest.access.filter((policy) => selectsService(policy, key)),
  };
  return { view, faults: merged.conflicts.map((conflict) => conflictFault(key, conflict)) };
}

function remoteOffer(
  { cluster, service }: Offer,
  ports: readonly ExportedPort[] | undefined,
  sidecar: SidecarAddress | undefined,
): RemoteOffer | undefined {
  const { zones, serviceAccounts, plain } = service;
  if (ports === undefined) return undefined;
  return {
    ...{ cluster, ports, zones, serviceAccounts },
    ...(plain === undefined ? {} : { plain }),
    ...(sidecar === undefined ? {} : { sidecar }),
  };
}

function conflictFault(key: ServiceKey, { port, winner, loser, what }: PortConflict): Fault {
  const message =
    what === 'name'
      ? `port ${port} of ${loser} has a name that ${winner} gives to another port; that of ${winner} stays`
      : `port ${port} speaks another protocol in ${loser} than in ${winner}; that of ${winner} stays`;
  return { ...fault('import_conflict', key, message), field: 'spec.ports' };
}

/** Round-trip times change with every heartbeat and decide nothing: nobody is woken for them. */
export function steadyLink({ state, since, note }: PeerLink): PeerLink {
  return { state, since, ...(note === undefined ? {} : { note }) };
}
