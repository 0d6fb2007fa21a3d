/** What this cluster shall show: imports, and the conditions of its own exports and policies. */
import type {
  ExportState,
  MemberState,
  MulticlusterState,
  ServiceImport,
} from '../../mesh/model/multicluster.ts';
import { createKeyedMemo, type KeyedMemo } from '../../mesh/kit/keyed-memo.ts';
import type { ExportedService } from '../../mesh/model/catalog.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import {
  isSystemNamespace,
  type ClusterName,
  type MeshName,
  type ServiceKey,
} from '../../mesh/model/names.ts';
import type { Reading } from '../../mesh/model/reading.ts';
import type { PodAddress, PodSlice } from '../../mesh/model/service.ts';
import type { PlainPorts } from './plain-ports.ts';
import { exportState, type Exporting } from './export-states.ts';
import { farHosts, hostSlices, importHosts, type FarHost } from './import-hosts.ts';
import { importSlices, withoutUnheard } from './import-slices.ts';
import { mergeExports, type ExportOffer, type MergedExports } from './merge-exports.ts';
import { isImportable, steadyLink, type PeerCatalogs } from './mesh-view.ts';
import { policyStates, refusedExports } from './readings.ts';
import type { LocalState, OwnCatalogParts } from './own-catalog.ts';

export interface MulticlusterInput {
  readonly mesh: MeshName;
  readonly self: ClusterName;
  readonly local: Pick<
    LocalState,
    'exports' | 'services' | 'namespaces' | 'podSlices' | 'ownAddresses' | 'readings' | 'failover'
  >;
  readonly own: OwnCatalogParts;
  readonly peers: PeerCatalogs;
  /** Peers that have been silent for too long: see unheard-sources.ts. */
  readonly unheard: ReadonlySet<ClusterName>;
  /** Absent: there is no plain proxy. */
  readonly plain?: PlainWay;
  /** Under which pods here call an import, or a host of one; absent: nobody does. */
  readonly clustersetIps?: ((key: ServiceKey) => readonly string[]) | undefined;
}

/** The way of pods without a sidecar to other networks. */
interface PlainWay {
  readonly proxies: readonly PodAddress[];
  readonly ports: PlainPorts;
}

/** All that an import follows from. */
interface Importing {
  readonly key: ServiceKey;
  readonly offers: readonly ReachedOffer[];
  /** Of the clusters that offer. */
  readonly unheard: readonly ClusterName[];
  readonly proxies: readonly PodAddress[];
  /** Of ports that clusters of other networks offer. */
  readonly plainPorts: readonly (readonly [port: number, plainPort: number | undefined])[];
  /** Of the clusters that offer, where the service is headless. */
  readonly hosts: readonly FarHost[];
  /** Of ports of hosts, as plain-ports.ts names them. */
  readonly hostPorts: readonly (readonly [name: string, plainPort: number])[];
}

/** With the pods of it that callers here reach by their own addresses; undefined: it is of another network. */
interface ReachedOffer extends ExportOffer {
  readonly pods: readonly PodSlice[] | undefined;
}

interface Imported {
  readonly merged: MergedExports;
  readonly shown: ServiceImport;
}

/** What was said of each import and export in the last pass. */
export interface MulticlusterMemory {
  readonly imports: KeyedMemo<ServiceKey, Importing, Imported>;
  readonly exports: KeyedMemo<ServiceKey, Exporting, ExportState>;
}

export const multiclusterMemory = (): MulticlusterMemory => ({
  imports: createKeyedMemo(),
  exports: createKeyedMemo(),
});

/** `memory` of the last pass only saves work: what follows from the same is the very same. */
export function decideMulticluster(
  input: MulticlusterInput,
  memory: MulticlusterMemory = multiclusterMemory(),
): MulticlusterState {
  const imports = new Map<ServiceKey, ServiceImport>();
  const exports = new Map<ServiceKey, ExportState>();
  const merged = new Map<ServiceKey, MergedExports>();
  const recall = { import: memory.imports.round(), export: memory.exports.round() };
  const hosts = farHosts(input.peers, input.own.info.network, input.clustersetIps);
  for (const [key, offers] of offersByService(input)) {
    const from = { key, offers, hosts: hosts.get(key) ?? [] };
    const imported = recall.import(key, importing(from, input), importOf);
    merged.set(key, imported.merged);
    if (isImportable(key, input.local.namespaces)) imports.set(key, imported.shown);
  }
  for (const exported of input.local.exports.values()) {
    const { key } = exported;
    const exporting = { exported, service: input.local.services.get(key), merged: merged.get(key) };
    exports.set(key, recall.export(key, exporting, exportState));
  }
  const { readings = NO_READINGS, failover } = input.local;
  for (const refused of refusedExports(readings, input.local.exports)) exports.set(refused.key, refused);
  const hasService = (key: ServiceKey): boolean => input.local.services.has(key) || imports.has(key);
  const policies = policyStates(readings, { failover, hasService });
  const namespaces = new Set([...input.local.namespaces].filter((name) => !isSystemNamespace(name)));
  const members = membersOf(input);
  return { mesh: input.mesh, cluster: input.self, namespaces, imports, exports, policies, members };
}

const NO_READINGS: ReadonlyMap<string, Reading> = new Map();

/** `hosts`: of all clusters in other networks. */
function importing(
  { key, offers, hosts }: Pick<Importing, 'key' | 'offers' | 'hosts'>,
  { unheard, plain }: MulticlusterInput,
): Importing {
  const far = offers.flatMap(({ pods, service: { ports } }) => (pods === undefined ? ports : []));
  const given = far.map(({ port }) => [port, plain?.ports.get(`${key}:${port}`)] as const);
  const offered = hosts.filter((host) => offers.some(({ cluster }) => cluster === host.cluster));
  return {
    ...{ key, offers, unheard: offers.map(({ cluster }) => cluster).filter((name) => unheard.has(name)) },
    ...{ proxies: plain?.proxies ?? [], plainPorts: given },
    ...{ hosts: offered, hostPorts: plain === undefined ? [] : portsOfHosts(offered, plain) },
  };
}

function portsOfHosts(hosts: readonly FarHost[], { ports }: PlainWay): Importing['hostPorts'] {
  const names = hosts.flatMap(({ offered }) => offered.ports.map(({ port }) => `${offered.key}:${port}`));
  return names.flatMap((name) => {
    const plainPort = ports.get(name);
    return plainPort === undefined ? [] : [[name, plainPort] as const];
  });
}

function importOf({ key, offers, unheard, hosts, hostPorts, ...plain }: Importing): Imported {
  const merged = mergeExports(offers);
  const { traits, labels, annotations } = merged;
  const clusters = offers.map(({ cluster }) => cluster).sort();
  // Those behind a headless service are asked for one by one, which no proxy can stand for.
  const isHeadless = traits.type === 'Headless';
  const far = ({ cluster, service: { ports } }: ExportOffer): readonly PodSlice[] =>
    isHeadless ? hostSlices(hosts.filter((host) => host.cluster === cluster)) : proxySlices(ports, plain);
  const all = importSlices(offers, traits, (offer) => offer.pods ?? far(offer));
  const slices = withoutUnheard(all, new Set(unheard));
  const reached = isHeadless ? importHosts(hosts, { ...plain, ports: new Map(hostPorts) }) : [];
  return { merged, shown: { key, traits, labels, annotations, clusters, slices, hosts: reached } };
}

const NO_PODS: readonly PodSlice[] = [];

function proxySlices(
  ports: ExportedService['ports'],
  { proxies, plainPorts }: Pick<Importing, 'proxies' | 'plainPorts'>,
): readonly PodSlice[] {
  const given = new Map(plainPorts);
  const reached = ports.flatMap(({ name, port }) => {
    const plainPort = given.get(port);
    return plainPort === undefined ? [] : [{ name, protocol: 'TCP', port: plainPort }];
  });
  return reached.length === 0 ? [] : [{ ports: reached, pods: proxies }];
}

/** Pods that callers here reach by their own addresses: those of this cluster, and of clusters in its network. */
function podsOf(
  { cluster, service }: ExportOffer,
  { self, local, own, peers }: MulticlusterInput,
): readonly PodSlice[] | undefined {
  if (cluster === self) return local.podSlices?.get(service.key) ?? NO_PODS;
  const isNear = peers.get(cluster)?.info.network === own.info.network;
  return isNear ? withoutOwn(service.podSlices ?? NO_PODS, local.ownAddresses) : undefined;
}

/** A peer that states an address of this cluster would draw its callers to somebody else here (S26). */
function withoutOwn(slices: readonly PodSlice[], own: ReadonlySet<string> = new Set()): readonly PodSlice[] {
  // Nearly always: then the very same slices go on, and nothing that follows from them is made anew.
  if (firstOwn(slices, own) === undefined) return slices;
  return slices
    .map(({ ports, pods }) => ({ ports, pods: pods.filter(({ address }) => !own.has(address)) }))
    .filter(({ pods }) => pods.length > 0);
}

function firstOwn(slices: readonly PodSlice[], own: ReadonlySet<string> = new Set()): PodAddress | undefined {
  for (const { pods } of slices) {
    const found = pods.find(({ address }) => own.has(address));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What peers in this network state of pods and may not. */
export function stolenAddresses({
  local,
  own,
  peers,
}: Pick<MulticlusterInput, 'local' | 'own' | 'peers'>): readonly Fault[] {
  const near = [...peers.values()].filter(({ info }) => info.network === own.info.network);
  return near.flatMap(({ info, services }) =>
    [...services.values()].flatMap(({ key, podSlices = NO_PODS }) => {
      const stolen = firstOwn(podSlices, local.ownAddresses);
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
function offersByService(input: MulticlusterInput): ReadonlyMap<ServiceKey, readonly ReachedOffer[]> {
  const { self, own, peers } = input;
  const offers = new Map<ServiceKey, ReachedOffer[]>();
  const catalogs = [
    { cluster: self, services: own.services },
    ...[...peers.values()]
      .filter(({ link }) => link.state !== 'left')
      .map(({ info: { cluster }, services }) => ({ cluster, services })),
  ];
  for (const { cluster, services } of catalogs)
    for (const service of services.values()) {
      const reached = { cluster, service, pods: podsOf({ cluster, service }, input) };
      const held = offers.get(service.key);
      if (held === undefined) offers.set(service.key, [reached]);
      else held.push(reached);
    }
  return offers;
}
