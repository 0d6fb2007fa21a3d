/**
 * The ports of a service that several clusters have (KEP-1645, conflict resolution): the union, oldest export first. A
 * Service of this cluster comes before all exports, because what peers say never changes what local callers get (S27).
 */
import type { ExportedPort } from '../../mesh/model/catalog.ts';
import type { LocalPort } from '../../mesh/model/mesh-view.ts';
import type { ClusterName, RouteId } from '../../mesh/model/names.ts';
import type { AppProtocol, ServicePort } from '../../mesh/model/service.ts';

export interface PortOffer {
  readonly cluster: ClusterName;
  /** Milliseconds since the epoch. */
  readonly exportedAt: number;
  readonly ports: readonly ExportedPort[];
}

export interface PortConflict {
  readonly port: number;
  /** Whose port stays. */
  readonly winner: ClusterName;
  /** Whose port is left out. */
  readonly loser: ClusterName;
  readonly what: 'name' | 'appProtocol';
}

export interface MergedPorts {
  readonly ports: readonly LocalPort[];
  /** What of each offer can be used, by cluster; an offer of which nothing can is left out. */
  readonly usable: ReadonlyMap<ClusterName, readonly ExportedPort[]>;
  readonly conflicts: readonly PortConflict[];
}

export interface MergeInput {
  readonly self: ClusterName;
  /** Ports of the Service of this cluster; empty when there is none. */
  readonly local: readonly ServicePort[];
  readonly offers: readonly PortOffer[];
  readonly routeIdOf: (port: number) => RouteId;
}

/** Total order of exports: the oldest, then the cluster's name, as creation times have a resolution of a second. */
function byPrecedence(a: PortOffer, b: PortOffer): number {
  return a.exportedAt - b.exportedAt || (a.cluster < b.cluster ? -1 : 1);
}

interface Taken {
  readonly owner: ClusterName;
  readonly port: LocalPort;
}

export function mergePorts({ self, local, offers, routeIdOf }: MergeInput): MergedPorts {
  const taken = new Map<number, Taken>();
  for (const port of local) {
    taken.set(port.port, { owner: self, port: { ...port, routeId: routeIdOf(port.port) } });
  }
  const usable = new Map<ClusterName, readonly ExportedPort[]>();
  const conflicts: PortConflict[] = [];
  for (const offer of [...offers].sort(byPrecedence)) {
    const fitting = offer.ports.filter((port) => {
      const conflict = conflictOf(port, offer.cluster, taken);
      if (conflict !== undefined) conflicts.push(conflict);
      else if (!taken.has(port.port)) taken.set(port.port, remoteOnly(port, offer.cluster, routeIdOf));
      return conflict === undefined;
    });
    if (fitting.length > 0) usable.set(offer.cluster, fitting);
  }
  return { ports: [...taken.values()].map(({ port }) => port), usable, conflicts };
}

function remoteOnly(exported: ExportedPort, owner: ClusterName, routeIdOf: MergeInput['routeIdOf']): Taken {
  const { name, port, appProtocol } = exported;
  const routeId = routeIdOf(port);
  return { owner, port: { name, port, appProtocol, targetPort: port, routeId, remoteOnly: true } };
}

/** No two ports of one name, no two ports of one number that speak differently. */
function conflictOf(
  offered: ExportedPort,
  loser: ClusterName,
  taken: ReadonlyMap<number, Taken>,
): PortConflict | undefined {
  const { port, name, appProtocol } = offered;
  const same = taken.get(port);
  if (same !== undefined && !speakAlike(same.port.appProtocol, appProtocol))
    return { port, winner: same.owner, loser, what: 'appProtocol' };
  if (same !== undefined) return undefined;
  const named = [...taken.values()].find((other) => other.port.name === name);
  return named === undefined ? undefined : { port, winner: named.owner, loser, what: 'name' };
}

function speakAlike(a: AppProtocol, b: AppProtocol): boolean {
  return a === b || a === 'detect' || b === 'detect';
}
