/**
 * What the proxies of a cluster see: its own services, and what peers offer of services whose namespace exists here.
 * A service is one view: local endpoints always, and remote offers if the namespace is opted in. A Service that is not
 * exported still gets the offers of others under its name; what it is for local callers stays (S27).
 */
import { selectsService } from '../../mesh/decide/access/decide-access.ts';
import { DEFAULT_FAILOVER } from '../../mesh/decide/failover/default-policy.ts';
import type { ExportedPort, ExportedService, PeerCatalog, PeerLink } from '../../mesh/model/catalog.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import type { PeerView, RemoteOffer, ServiceView } from '../../mesh/model/mesh-view.ts';
import {
  isSystemNamespace,
  splitServiceKey,
  type ClusterName,
  type Namespace,
  type ServiceKey,
} from '../../mesh/model/names.ts';
import { mergePorts, type PortConflict } from './merge-ports.ts';
import { isExported, type LocalState } from './own-catalog.ts';

export type PeerCatalogs = ReadonlyMap<ClusterName, PeerCatalog>;

export interface ViewInput {
  readonly self: ClusterName;
  readonly local: LocalState;
  readonly peers: PeerCatalogs;
}

export interface ViewParts {
  readonly services: ReadonlyMap<ServiceKey, ServiceView>;
  readonly peers: ReadonlyMap<ClusterName, PeerView>;
  /** Conflicts between clusters: each names the service, the winner and the loser. */
  readonly faults: readonly Fault[];
}

export function decideView(input: ViewInput): ViewParts {
  const present = [...input.peers.values()].filter(({ link }) => link.state !== 'left');
  const offers = offersByService(present, input.local.namespaces);
  const services = new Map<ServiceKey, ServiceView>();
  const faults: Fault[] = [];
  for (const key of new Set([...carried(input.local.services), ...offers.keys()])) {
    const { view, conflicts } = serviceView(key, offers.get(key) ?? [], input);
    services.set(key, view);
    faults.push(...conflicts.map((conflict) => conflictFault(key, conflict)));
  }
  const peers = new Map(present.map(({ info, link }) => [info.cluster, { info, link: steadyLink(link) }]));
  return { services, peers, faults };
}

/** Consent of this side: the namespace exists here, and is no system namespace. */
export function isImportable(key: ServiceKey, namespaces: ReadonlySet<Namespace>): boolean {
  const { namespace } = splitServiceKey(key);
  return namespaces.has(namespace) && !isSystemNamespace(namespace);
}

/** Services of which the mesh carries a port: others have UDP or SCTP only, or no endpoints of their own. */
function carried(services: LocalState['services']): readonly ServiceKey[] {
  return [...services.values()].filter(({ ports }) => ports.length > 0).map(({ key }) => key);
}

interface Offer {
  readonly cluster: ClusterName;
  readonly service: ExportedService;
}

function offersByService(
  peers: readonly PeerCatalog[],
  namespaces: ReadonlySet<Namespace>,
): ReadonlyMap<ServiceKey, readonly Offer[]> {
  const offers = new Map<ServiceKey, Offer[]>();
  for (const { info, services } of peers) {
    for (const service of services.values()) {
      if (service.ports.length === 0 || !isImportable(service.key, namespaces)) continue;
      const held = offers.get(service.key) ?? [];
      held.push({ cluster: info.cluster, service });
      offers.set(service.key, held);
    }
  }
  return offers;
}

function serviceView(
  key: ServiceKey,
  offers: readonly Offer[],
  { self, local }: ViewInput,
): { view: ServiceView; conflicts: readonly PortConflict[] } {
  const merged = mergePorts({
    self,
    local: local.services.get(key)?.ports ?? [],
    offers: offers.map(({ cluster, service: { exportedAt, ports } }) => ({ cluster, exportedAt, ports })),
    routeIdOf: (port) => local.routeIdOf(key, port),
  });
  const view = {
    ...{ key, ports: merged.ports, exported: isExported(key, local) },
    local: local.services.has(key) ? (local.endpoints.get(key) ?? []) : [],
    remote: offers
      .map((offer) => remoteOffer(offer, merged.usable.get(offer.cluster)))
      .filter((offer) => offer !== undefined)
      .sort((a, b) => (a.cluster < b.cluster ? -1 : 1)),
    failover: local.failover.get(key) ?? DEFAULT_FAILOVER,
    access: local.access.filter((policy) => selectsService(policy, key)),
  };
  return { view, conflicts: merged.conflicts };
}

function remoteOffer(
  { cluster, service }: Offer,
  ports: readonly ExportedPort[] | undefined,
): RemoteOffer | undefined {
  const { zones, serviceAccounts, plain } = service;
  if (ports === undefined) return undefined;
  return { cluster, ports, zones, serviceAccounts, ...(plain === undefined ? {} : { plain }) };
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
