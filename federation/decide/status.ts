/** The state of the mesh as one cluster knows it, for people. */
import type { ClusterInfo } from '../../mesh/model/catalog.ts';
import type { Fault } from '../../mesh/model/fault.ts';
import { parseHostKey } from '../../mesh/model/host-key.ts';
import type { ServiceView } from '../../mesh/model/mesh-view.ts';
import type { ServiceKey } from '../../mesh/model/names.ts';
import type {
  ClusterStatus,
  EndpointSummary,
  ExportSummary,
  ImportSummary,
  PolicySummary,
  ServiceSummary,
} from '../../mesh/model/report.ts';
import { isImportable, type PeerCatalogs } from './mesh-view.ts';
import { decideOwnCatalog, type LocalState, type OwnCatalogParts } from './own-catalog.ts';

export interface Knowledge {
  readonly local: LocalState;
  readonly own: OwnCatalogParts;
  readonly peers: PeerCatalogs;
  readonly services: ReadonlyMap<ServiceKey, ServiceView>;
}

/** This cluster first, then the others by name. */
export function clusterStatuses(known: Knowledge, trustEndsAt: number): readonly ClusterStatus[] {
  const { own, peers, services } = known;
  const imported = withoutHosts(services).filter(({ remote }) => remote.length > 0).length;
  const self = {
    ...{ cluster: own.info.cluster, self: true, ...placeOf(own.info) },
    ...{ exports: own.services.size, imports: imported, trustEndsAt },
  };
  const others = [...peers.values()].map(({ info, link, services: offered }) => ({
    ...{ cluster: info.cluster, self: false, ...placeOf(info), link },
    ...{ exports: offered.size, imports: importable(known, info.cluster) },
  }));
  return [self, ...others.sort((a, b) => (a.cluster < b.cluster ? -1 : 1))];
}

type Place = Pick<ClusterStatus, 'region' | 'zone' | 'gateways' | 'version'>;

function placeOf({ region, zone, gateways, version }: ClusterInfo): Place {
  return { region, zone, gateways: gateways.length, version };
}

/** What a peer can import at most: which of its namespaces exist, only it knows. */
function importable({ own, peers }: Knowledge, cluster: string): number {
  const keys = new Set(own.services.keys());
  for (const { info, services } of peers.values()) {
    if (info.cluster !== cluster) for (const key of services.keys()) keys.add(key);
  }
  return keys.size;
}

/** Services that at least one cluster exports. */
export function sharedServices({ own, peers }: Knowledge): number {
  return new Set([own, ...peers.values()].flatMap(({ services }) => [...services.keys()])).size;
}

export function serviceSummaries({ services }: Knowledge): readonly ServiceSummary[] {
  return inOrder(withoutHosts(services).map(summarizeService));
}

/** The pods of a headless service are part of it to people. */
function withoutHosts(services: Knowledge['services']): readonly ServiceView[] {
  return [...services.values()].filter(({ key }) => parseHostKey(key) === undefined);
}

function summarizeService({ key, ports, exported, local, remote }: ServiceView): ServiceSummary {
  const ready = local.filter((endpoint) => endpoint.ready).length;
  return {
    ...{ service: key, ports, exported, ready, total: local.length },
    remote: remote.map(({ cluster, zones }) => ({ cluster, ...capacityOf(zones) })),
  };
}

function capacityOf(zones: readonly { ready: number; total: number }[]): { ready: number; total: number } {
  const sum = (field: 'ready' | 'total'): number => zones.reduce((all, zone) => all + zone[field], 0);
  return { ready: sum('ready'), total: sum('total') };
}

export function exportSummaries({ local, own }: Knowledge): readonly ExportSummary[] {
  return inOrder(
    [...local.exports.values()].map(({ key, createdAt }) => {
      const offered = own.services.get(key);
      const alone = { ...local, exports: new Map([[key, { key, createdAt }]]) };
      const fault: Fault | undefined = offered ? undefined : decideOwnCatalog(alone, own.info).faults[0];
      return {
        ...{ service: key, since: createdAt, ports: offered?.ports.map(({ port }) => port) ?? [] },
        ...capacityOf(offered?.zones ?? []),
        ...(fault === undefined ? {} : { fault }),
      };
    }),
  );
}

export function importSummaries({ local, peers }: Knowledge): readonly ImportSummary[] {
  const found = new Map<ServiceKey, ImportSummary>();
  for (const { info, services } of peers.values()) {
    for (const { key, ports } of services.values()) {
      const held = found.get(key) ?? { ports: [], clusters: [] };
      found.set(key, {
        service: key,
        ports: [...new Set([...held.ports, ...ports.map(({ port }) => port)])].sort((a, b) => a - b),
        clusters: [...held.clusters, info.cluster].sort(),
        imported: isImportable(key, local.namespaces),
      });
    }
  }
  return inOrder([...found.values()]);
}

export function policySummary({ local }: Knowledge): PolicySummary {
  return {
    failover: [...local.failover].map(([target, policy]) => ({ target, policy })),
    access: local.access,
  };
}

/** `proxies`: ids of the endpoints that live proxies have registered. */
export function endpointSummaries(
  { local }: Knowledge,
  proxies: ReadonlySet<string>,
): readonly EndpointSummary[] {
  return inOrder(
    [...local.endpoints].flatMap(([service, endpoints]) =>
      endpoints.map((endpoint) => ({
        ...{ ...endpoint, service },
        source: proxies.has(endpoint.id) ? ('proxy' as const) : ('manifest' as const),
      })),
    ),
  );
}

function inOrder<T extends { readonly service: ServiceKey }>(entries: T[]): readonly T[] {
  return entries.sort((a, b) => (a.service < b.service ? -1 : 1));
}
