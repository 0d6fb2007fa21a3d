/**
 * Which groups of endpoints a service port has, and how healthy they look from here: one group for each zone of this
 * cluster, and one for each zone of each cluster that offers the port.
 */
import type { ZoneCapacity } from '../../mesh/model/catalog.ts';
import type { PeerView, RemoteOffer, Self, ServiceView } from '../../mesh/model/mesh-view.ts';
import type { ClusterName } from '../../mesh/model/names.ts';
import type { Endpoint } from '../../mesh/model/service.ts';
import type { EndpointGroup } from '../../mesh/model/shares.ts';

/** What this proxy has found out about the ways to a target. */
export interface Finding {
  readonly usable: boolean;
  /** Why not, in words. */
  readonly note?: string;
}

export interface GroupsInput {
  readonly self: Self;
  readonly service: ServiceView;
  readonly port: number;
  readonly peers: ReadonlyMap<ClusterName, PeerView>;
  ofEndpoint(endpoint: Endpoint): Finding;
  /** All ways to the cluster taken together: usable while one is. */
  ofCluster(cluster: ClusterName): Finding;
}

/** Groups without their ramp, which is the caller's: 1. */
export function endpointGroups(input: GroupsInput): EndpointGroup[] {
  return [...localGroups(input), ...input.service.remote.flatMap((offer) => remoteGroups(offer, input))];
}

interface Counting {
  readonly region: string;
  readonly zone: string;
  total: number;
  ready: number;
  healthy: number;
  readonly notes: Set<string>;
}

function localGroups({ self, service, port, ofEndpoint }: GroupsInput): EndpointGroup[] {
  if (!service.ports.some((local) => local.port === port && local.remoteOnly !== true)) return [];
  const groups = new Map<string, Counting>();
  for (const endpoint of service.local) {
    const { region, zone } = endpoint;
    const key = zoneKey(region, zone);
    const group = groups.get(key) ?? {
      region,
      zone,
      total: 0,
      ready: 0,
      healthy: 0,
      notes: new Set<string>(),
    };
    groups.set(key, group);
    count(group, endpoint, ofEndpoint);
  }
  return [...groups.values()].map(({ notes, ...group }) => ({
    ...{ ...group, cluster: self.cluster, ramp: 1 },
    ...noteOf([...notes]),
  }));
}

function count(group: Counting, endpoint: Endpoint, ofEndpoint: GroupsInput['ofEndpoint']): void {
  group.total += 1;
  if (!endpoint.ready) return;
  group.ready += 1;
  const { usable, note } = ofEndpoint(endpoint);
  if (usable) group.healthy += 1;
  if (note !== undefined) group.notes.add(note);
}

function remoteGroups(offer: RemoteOffer, input: GroupsInput): EndpointGroup[] {
  if (!offer.ports.some(({ port }) => port === input.port)) return [];
  const peer = input.peers.get(offer.cluster);
  if (peer === undefined || peer.link.state === 'left') return [];
  const { usable, note } = input.ofCluster(offer.cluster);
  const stale =
    peer.link.state === 'stale' && usable ? 'control link lost; data path ok: still used' : undefined;
  const notes = [note, stale].filter((text) => text !== undefined);
  return offer.zones.map((zone: ZoneCapacity) => ({
    ...{ cluster: offer.cluster, region: zone.region, zone: zone.zone },
    ...{ total: zone.total, ready: zone.ready, healthy: usable ? zone.ready : 0, ramp: 1 },
    ...noteOf(notes),
  }));
}

function noteOf(notes: readonly string[]): { readonly note?: string } {
  return notes.length === 0 ? {} : { note: notes.join('; ') };
}

export function zoneKey(region: string, zone: string): string {
  return `${region}/${zone}`;
}

export function groupKey(group: Pick<EndpointGroup, 'cluster' | 'region' | 'zone'>): string {
  return `${group.cluster}/${zoneKey(group.region, group.zone)}`;
}
