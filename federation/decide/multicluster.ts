/** What the Multi-Cluster Services API shall say in this cluster: its imports, and the conditions of its own exports. */
import type {
  ExportState,
  MemberState,
  MulticlusterState,
  ServiceImport,
  StatedCondition,
} from '../../mesh/model/multicluster.ts';
import type { ExportedService } from '../../mesh/model/catalog.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import {
  isSystemNamespace,
  type ClusterName,
  type MeshName,
  type ServiceKey,
} from '../../mesh/model/names.ts';
import type { PodAddress, PodSlice, ServiceExport, ServiceTraits } from '../../mesh/model/service.ts';
import type { PlainPorts } from './plain-ports.ts';
import { importSlices, withoutUnheard } from './import-slices.ts';
import { mergeExports, type ExportOffer, type MergedExports } from './merge-exports.ts';
import { isImportable, steadyLink, type PeerCatalogs } from './mesh-view.ts';
import { refusalOf, type LocalState, type OwnCatalogParts } from './own-catalog.ts';

export interface MulticlusterInput {
  readonly mesh: MeshName;
  readonly self: ClusterName;
  readonly local: Pick<LocalState, 'exports' | 'services' | 'namespaces' | 'podSlices' | 'ownAddresses'>;
  readonly own: OwnCatalogParts;
  readonly peers: PeerCatalogs;
  /** Peers that have been silent for too long: see unheard-sources.ts. */
  readonly unheard: ReadonlySet<ClusterName>;
  /** Absent: there is no plain proxy. */
  readonly plain?: PlainWay;
}

/** The way of pods without a sidecar to other networks. */
interface PlainWay {
  readonly proxies: readonly PodAddress[];
  readonly ports: PlainPorts;
}

export function decideMulticluster(input: MulticlusterInput): MulticlusterState {
  const imports = new Map<ServiceKey, ServiceImport>();
  const exports = new Map<ServiceKey, ExportState>();
  const merged = new Map<ServiceKey, MergedExports>();
  for (const [key, offers] of offersByService(input)) {
    const whole = mergeExports(offers);
    merged.set(key, whole);
    if (!isImportable(key, input.local.namespaces)) continue;
    const clusters = offers.map(({ cluster }) => cluster).sort();
    const { traits, labels, annotations } = whole;
    const all = importSlices(offers, traits, (offer) => podsOf(offer, traits, input));
    const slices = withoutUnheard(all, input.unheard);
    imports.set(key, { key, traits, labels, annotations, clusters, slices });
  }
  for (const exported of input.local.exports.values())
    exports.set(exported.key, exportState(exported, input.local, merged.get(exported.key)));
  const namespaces = new Set([...input.local.namespaces].filter((name) => !isSystemNamespace(name)));
  return { mesh: input.mesh, cluster: input.self, namespaces, imports, exports, members: membersOf(input) };
}

/** What callers here reach: pods of this cluster and of clusters in its network, plain proxies for the others. */
function podsOf(
  { cluster, service }: ExportOffer,
  { type }: ServiceTraits,
  { self, local, own, peers, plain }: MulticlusterInput,
): readonly PodSlice[] {
  if (cluster === self) return local.podSlices?.get(service.key) ?? [];
  if (peers.get(cluster)?.info.network === own.info.network)
    return withoutOwn(service.podSlices ?? [], local.ownAddresses);
  // Those behind a headless service are asked for one by one, which no proxy can stand for.
  return type === 'Headless' || plain === undefined ? [] : proxySlices(service, plain);
}

function proxySlices(
  { key, ports }: ExportedService,
  { proxies, ports: plainPorts }: PlainWay,
): readonly PodSlice[] {
  const reached = ports.flatMap(({ name, port }) => {
    const plainPort = plainPorts.get(`${key}:${port}`);
    return plainPort === undefined ? [] : [{ name, protocol: 'TCP', port: plainPort }];
  });
  return reached.length === 0 ? [] : [{ ports: reached, pods: proxies }];
}

/** A peer that states an address of this cluster would draw its callers to somebody else here (S26). */
function withoutOwn(slices: readonly PodSlice[], own: ReadonlySet<string> = new Set()): readonly PodSlice[] {
  return slices
    .map(({ ports, pods }) => ({ ports, pods: pods.filter(({ address }) => !own.has(address)) }))
    .filter(({ pods }) => pods.length > 0);
}

/** What peers in this network state of pods and may not. */
export function stolenAddresses({
  local,
  own,
  peers,
}: Pick<MulticlusterInput, 'local' | 'own' | 'peers'>): readonly Fault[] {
  const near = [...peers.values()].filter(({ info }) => info.network === own.info.network);
  return near.flatMap(({ info, services }) =>
    [...services.values()].flatMap(({ key, podSlices = [] }) => {
      const pods = podSlices.flatMap((slice) => slice.pods);
      const stolen = pods.find(({ address }) => local.ownAddresses?.has(address));
      if (stolen === undefined) return [];
      const message = `states ${stolen.address} as a pod of ${key}, which is an address of this cluster`;
      return [fault('address_refused', info.cluster, message)];
    }),
  );
}

function membersOf({ self, own, peers, unheard }: MulticlusterInput): ReadonlyMap<ClusterName, MemberState> {
  const members = new Map<ClusterName, MemberState>();
  members.set(self, { info: own.info, exports: own.services.size });
  for (const { info, link, services } of peers.values())
    if (link.state !== 'left')
      members.set(info.cluster, {
        ...{ info, link: steadyLink(link), exports: services.size },
        ...(unheard.has(info.cluster) ? { isUnheard: true } : {}),
      });
  return members;
}

/** Exports of peers that are merely not heard count: unreachable is not deleted. */
function offersByService({
  self,
  own,
  peers,
}: MulticlusterInput): ReadonlyMap<ServiceKey, readonly ExportOffer[]> {
  const offers = new Map<ServiceKey, ExportOffer[]>();
  const catalogs = [
    { cluster: self, services: own.services },
    ...[...peers.values()]
      .filter(({ link }) => link.state !== 'left')
      .map(({ info: { cluster }, services }) => ({ cluster, services })),
  ];
  for (const { cluster, services } of catalogs)
    for (const service of services.values())
      offers.set(service.key, [...(offers.get(service.key) ?? []), { cluster, service }]);
  return offers;
}

function exportState(
  { key, generation }: ServiceExport,
  local: MulticlusterInput['local'],
  merged: MergedExports | undefined,
): ExportState {
  const refusal = refusalOf(key, local);
  return {
    ...{ key, ...(generation === undefined ? {} : { generation }) },
    conditions:
      refusal === undefined
        ? [
            condition('Valid', 'True', 'Valid', 'the Service is there and can be exported'),
            condition('Ready', 'True', 'Exported', 'offered to the other clusters of the mesh'),
            conflictCondition(merged),
          ]
        : [validity(refusal), condition('Ready', 'False', 'Failed', `not offered: ${wordsOf(refusal)}`)],
  };
}

/** In the reasons that KEP-1645 has; what has none there is told by `Ready`. */
function validity(refusal: Fault): StatedCondition {
  if (refusal.code === 'not_found') return condition('Valid', 'False', 'NoService', refusal.message);
  if (refusal.code === 'invalid_service_type')
    return condition('Valid', 'False', 'InvalidServiceType', refusal.message);
  return condition('Valid', 'True', 'Valid', 'the Service is there');
}

function wordsOf({ field, message }: Fault): string {
  return field === undefined ? message : `${field}: ${message}`;
}

function conflictCondition(merged: MergedExports | undefined): StatedCondition {
  const conflicts = merged?.conflicts ?? [];
  if (conflicts.length === 0)
    return condition('Conflict', 'False', 'NoConflicts', 'all exports of the service agree');
  const reason = conflicts.map((conflict) => conflict.reason).join(',');
  return condition('Conflict', 'True', reason, conflicts.map(({ message }) => message).join('; '));
}

function condition(
  type: StatedCondition['type'],
  status: StatedCondition['status'],
  ...[reason, message]: readonly [reason: string, message: string]
): StatedCondition {
  return { type, status, reason, message };
}
