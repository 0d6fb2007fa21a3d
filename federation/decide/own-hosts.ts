/**
 * The pods behind the exported headless services of this cluster: each is offered like a service of its own, so that a
 * caller gets to exactly that pod, also from another network, where its address means nothing. See host-key.ts.
 */
import type { SidecarAddress } from '../../mesh/model/catalog.ts';
import { sameData } from '../../mesh/kit/same-data.ts';
import { createKeyedMemo, type KeyedMemo } from '../../mesh/kit/keyed-memo.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import { hostKey } from '../../mesh/model/host-key.ts';
import { isDnsLabel, type ClusterName, type ServiceKey } from '../../mesh/model/names.ts';
import type {
  Endpoint,
  PodPort,
  PodSlice,
  Service,
  ServiceExport,
  ServicePort,
} from '../../mesh/model/service.ts';
import type { HostNames } from './host-names.ts';
import { refusalFor, type LocalState } from './own-catalog.ts';
import { withPlainEndpoints } from './plain-workloads.ts';
import type { PlainRegistration } from './registrations.ts';

export interface OwnHostsInput extends Pick<LocalState, 'services' | 'exports' | 'podSlices' | 'routeIdOf'> {
  readonly self: ClusterName;
  /** Of sidecars. */
  readonly endpoints: LocalState['endpoints'];
  /** Those of the pods that have no sidecar. */
  readonly plainPods: ReadonlyMap<ServiceKey, readonly PodSlice[]>;
  readonly proxies: readonly PlainRegistration[];
  /** As they were before. */
  readonly hostNames: HostNames;
}

/** In the form of what the cluster states, by the keys of hosts. */
export interface OwnHosts extends Pick<LocalState, 'services' | 'exports' | 'endpoints'> {
  /** Of those that are one pod with a sidecar. */
  readonly sidecars: ReadonlyMap<ServiceKey, SidecarAddress>;
  readonly plainPods: ReadonlyMap<ServiceKey, readonly PodSlice[]>;
  /** As they are now; the very same as before while nothing changes. */
  readonly hostNames: HostNames;
  readonly faults: readonly Fault[];
}

/** All that the hosts of one service follow from. */
interface Hosting extends Pick<LocalState, 'routeIdOf'> {
  readonly self: ClusterName;
  readonly exported: ServiceExport;
  readonly service: Service;
  readonly slices: readonly PodSlice[];
  readonly endpoints: readonly Endpoint[] | undefined;
  readonly before: readonly string[];
}

interface OwnHost {
  readonly service: Service;
  readonly endpoints: readonly Endpoint[];
  /** Of both families, if it has both. */
  readonly addresses: ReadonlySet<string>;
  readonly sidecar: SidecarAddress | undefined;
}

interface Hosted {
  readonly hosts: readonly OwnHost[];
  readonly names: readonly string[];
  readonly faults: readonly Fault[];
}

/** The hosts of each service in the last pass. */
export type OwnHostsMemory = KeyedMemo<ServiceKey, Hosting, Hosted>;
export const ownHostsMemory = (): OwnHostsMemory => createKeyedMemo();

/** Of one service: each is an entry of the catalog, and costs an address in every cluster that imports the service. */
const MAX_HOSTS = 250;

/** `memory` of the last pass only saves work. */
export function decideOwnHosts(input: OwnHostsInput, memory: OwnHostsMemory = ownHostsMemory()): OwnHosts {
  const services = new Map<ServiceKey, Service>();
  const exports = new Map<ServiceKey, ServiceExport>();
  const endpoints = new Map<ServiceKey, readonly Endpoint[]>();
  const sidecars = new Map<ServiceKey, SidecarAddress>();
  const plainPods = new Map<ServiceKey, readonly PodSlice[]>();
  const names = new Map<ServiceKey, readonly string[]>();
  const faults: Fault[] = [];
  const recall = memory.round();
  const { self, routeIdOf } = input;
  for (const exported of input.exports.values()) {
    const service = input.services.get(exported.key);
    if (service?.traits?.type !== 'Headless' || refusalFor(exported.key, service) !== undefined) continue;
    const from = {
      slices: input.podSlices?.get(exported.key) ?? [],
      endpoints: input.endpoints.get(exported.key),
      before: input.hostNames.get(exported.key) ?? [],
    };
    const hosted = recall(exported.key, { self, routeIdOf, exported, service, ...from }, hostsOf);
    faults.push(...hosted.faults);
    names.set(exported.key, hosted.names);
    for (const host of hosted.hosts) {
      const { key } = host.service;
      services.set(key, host.service);
      exports.set(key, { key, createdAt: exported.createdAt });
      endpoints.set(key, host.endpoints);
      if (host.sidecar !== undefined) sidecars.set(key, host.sidecar);
      const plain = slicesOf(input.plainPods.get(exported.key) ?? [], host);
      if (plain.length > 0) plainPods.set(key, plain);
    }
  }
  const withPlain = withPlainEndpoints(endpoints, plainPods, input.proxies);
  const isSame = sameData([...names], [...input.hostNames]);
  const hostNames = isSame ? input.hostNames : names;
  return { services, exports, endpoints: withPlain, sidecars, plainPods, hostNames, faults };
}

/** What the cluster states, and its hosts beside it. */
export function withHosts(local: LocalState, hosts: OwnHosts): LocalState {
  if (hosts.services.size === 0) return local;
  return {
    ...local,
    services: new Map([...local.services, ...hosts.services]),
    exports: new Map([...local.exports, ...hosts.exports]),
    endpoints: new Map([...local.endpoints, ...hosts.endpoints]),
  };
}

function hostsOf({ self, routeIdOf, service, slices, endpoints = [], before }: Hosting): Hosted {
  const found = podsByName(service.key, slices, routeIdOf);
  const gone = before.filter((name) => !found.has(name));
  const all = [...[...found.keys()].sort(), ...gone];
  const names = all.slice(0, MAX_HOSTS);
  const hosts = names.map((hostname): OwnHost => {
    const { ports, addresses } = found.get(hostname) ?? withoutPods(service);
    const key = hostKey({ hostname, cluster: self, service: service.key });
    const own = endpoints.filter(({ address }) => addresses.has(address));
    return {
      service: { key, ports: ports.map((port) => servicePort(port, service)) },
      ...{ endpoints: own, addresses, sidecar: sidecarOf(own, addresses) },
    };
  });
  return {
    hosts,
    names: names.filter((name) => found.get(name)?.isNamed !== false).sort(),
    faults: found.size <= MAX_HOSTS ? [] : [tooMany(service, found.size)],
  };
}

/** Undefined: it has none, or is several pods of one name. */
function sidecarOf(
  endpoints: readonly Endpoint[],
  addresses: ReadonlySet<string>,
): SidecarAddress | undefined {
  const [only, another] = endpoints.filter(({ serviceAccount }) => serviceAccount !== undefined);
  if (only === undefined || another !== undefined) return undefined;
  const { address, port } = only;
  const alike = [...addresses].filter((other) => other.includes(':') === address.includes(':'));
  return alike.length === 1 ? { address, port } : undefined;
}

interface Pods {
  readonly ports: PodPort[];
  readonly addresses: Set<string>;
  /** By its cluster: it may come back under this name. */
  readonly isNamed: boolean;
}

function podsByName(
  service: ServiceKey,
  slices: readonly PodSlice[],
  routeIdOf: LocalState['routeIdOf'],
): ReadonlyMap<string, Pods> {
  const found = new Map<string, Pods>();
  for (const { ports, pods } of slices) {
    const carried = ports.filter(({ protocol }) => protocol === 'TCP');
    if (carried.length === 0) continue;
    for (const { address, hostname } of pods) {
      const isNamed = hostname !== undefined && isDnsLabel(hostname);
      // One that follows from its address and tells nothing of it.
      const given = (): string => `pod-${routeIdOf(`${service}/${address}` as ServiceKey, 0).slice(0, 10)}`;
      const name = isNamed ? hostname : given();
      const held = found.get(name) ?? { ports: [], addresses: new Set(), isNamed };
      addPorts(held.ports, carried);
      held.addresses.add(address);
      found.set(name, held);
    }
  }
  return found;
}

/** Where its pod listened, as far as the Service says it. */
function withoutPods({ ports }: Service): Pick<Pods, 'ports' | 'addresses'> {
  const stated: PodPort[] = [];
  addPorts(
    stated,
    ports.map(({ name, targetPort }) => ({ name, protocol: 'TCP', port: targetPort })),
  );
  return { ports: stated, addresses: new Set() };
}

/** Ports of a Service may lead to one port of its pods: that is one port of a host, by the first name. */
function addPorts(held: PodPort[], more: readonly PodPort[]): void {
  for (const port of more)
    if (!held.some((other) => port.port === other.port || port.name === other.name)) held.push(port);
}

/** Who asks for a pod itself asks at the port where it listens. */
function servicePort({ name, port }: PodPort, { ports }: Service): ServicePort {
  const appProtocol = ports.find((stated) => stated.name === name)?.appProtocol ?? 'detect';
  return { name, port, targetPort: port, appProtocol };
}

function slicesOf(slices: readonly PodSlice[], { addresses }: OwnHost): readonly PodSlice[] {
  return slices
    .map(({ ports, pods }) => ({ ports, pods: pods.filter(({ address }) => addresses.has(address)) }))
    .filter(({ pods }) => pods.length > 0);
}

function tooMany({ key }: Service, count: number): Fault {
  const message = `has ${count} pods: other networks reach the first ${MAX_HOSTS} of them by name, and no others`;
  return fault('quota_exceeded', `serviceexport/${key}`, message);
}
