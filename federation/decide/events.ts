/** What happened between two states of a cluster, in words for people: only what changes what somebody gets. */
import type { LinkState } from '../../mesh/model/catalog.ts';
import { formatFault, type Fault } from '../../mesh/model/fault.ts';
import type { ClusterName, ServiceKey } from '../../mesh/model/names.ts';
import type { Endpoint } from '../../mesh/model/service.ts';
import type { Shares } from '../../mesh/model/shares.ts';
import type { PeerCatalogs } from './mesh-view.ts';

export interface Observed {
  readonly peers: PeerCatalogs;
  readonly endpoints: ReadonlyMap<ServiceKey, readonly Endpoint[]>;
  readonly exported: ReadonlySet<ServiceKey>;
  readonly faults: readonly Fault[];
}

export const NOTHING_OBSERVED: Observed = {
  peers: new Map(),
  endpoints: new Map(),
  exported: new Set(),
  faults: [],
};

export function eventsBetween(before: Observed, after: Observed): readonly string[] {
  return [
    ...linkEvents(before.peers, after.peers),
    ...endpointEvents(before.endpoints, after.endpoints),
    ...exportEvents(before.exported, after.exported),
    ...faultEvents(before.faults, after.faults),
  ];
}

const LINK_WORDS: Record<LinkState, string> = {
  connecting: 'connecting',
  up: 'link up',
  stale: 'link lost; its catalog is kept and used',
  left: 'left the mesh',
};

function linkEvents(before: PeerCatalogs, after: PeerCatalogs): string[] {
  const events: string[] = [];
  for (const [cluster, { link }] of after) {
    const was = before.get(cluster)?.link.state;
    if (was === link.state || link.state === 'connecting') continue;
    events.push(`${cluster}: ${LINK_WORDS[link.state]}${link.note === undefined ? '' : ` (${link.note})`}`);
  }
  for (const cluster of before.keys())
    if (!after.has(cluster)) events.push(`${cluster}: is no member any more`);
  return events;
}

type EndpointsByService = ReadonlyMap<ServiceKey, readonly Endpoint[]>;

function endpointEvents(before: EndpointsByService, after: EndpointsByService): string[] {
  const events: string[] = [];
  for (const service of new Set([...before.keys(), ...after.keys()])) {
    // Mostly: what did not change is shared between passes.
    if (before.get(service) === after.get(service)) continue;
    const [old, now] = [byId(before.get(service)), byId(after.get(service))];
    for (const [id, { ready }] of now) {
      const was = old.get(id)?.ready;
      if (ready && was !== true) events.push(`${service}: endpoint ${id} ready`);
      if (!ready && was === true) events.push(`${service}: endpoint ${id} not ready`);
    }
    for (const id of old.keys()) if (!now.has(id)) events.push(`${service}: endpoint ${id} gone`);
  }
  return events;
}

function byId(endpoints: readonly Endpoint[] | undefined): ReadonlyMap<string, Endpoint> {
  return new Map((endpoints ?? []).map((endpoint) => [endpoint.id, endpoint]));
}

function exportEvents(before: ReadonlySet<ServiceKey>, after: ReadonlySet<ServiceKey>): string[] {
  return [
    ...[...after].filter((key) => !before.has(key)).map((key) => `${key}: exported`),
    ...[...before].filter((key) => !after.has(key)).map((key) => `${key}: no longer exported`),
  ];
}

function faultEvents(before: readonly Fault[], after: readonly Fault[]): string[] {
  const [old, now] = [new Set(before.map(formatFault)), new Set(after.map(formatFault))];
  return [
    ...[...now].filter((text) => !old.has(text)).map((text) => `! ${text}`),
    ...[...old].filter((text) => !now.has(text)).map((text) => `mended: ${text}`),
  ];
}

/** Whole percents by cluster, the largest first. */
export type ClusterShares = ReadonlyMap<ClusterName, number>;

export function sharesByCluster({ groups }: Shares): ClusterShares {
  const shares = new Map<ClusterName, number>();
  for (const { group, share } of groups) shares.set(group.cluster, (shares.get(group.cluster) ?? 0) + share);
  return new Map(
    [...shares].sort(([, a], [, b]) => b - a).map(([cluster, share]) => [cluster, Math.round(share)]),
  );
}

/** Less than this, and nobody is told. */
const WORTH_TELLING = 10;

/** Undefined when the shares are about those told last. */
export function shareEvent(
  route: { readonly from: ServiceKey; readonly to: ServiceKey },
  told: ClusterShares | undefined,
  now: ClusterShares,
): string | undefined {
  const moved = [...new Set([...(told?.keys() ?? []), ...now.keys()])].some(
    (cluster) => Math.abs((told?.get(cluster) ?? 0) - (now.get(cluster) ?? 0)) >= WORTH_TELLING,
  );
  if (!moved) return undefined;
  const words = [...now].filter(([, share]) => share > 0).map(([cluster, share]) => `${cluster} ${share} %`);
  return `${route.from} -> ${route.to}: ${words.length === 0 ? 'nowhere' : words.join(', ')}`;
}
