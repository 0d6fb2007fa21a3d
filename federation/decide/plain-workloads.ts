/**
 * Pods without a sidecar, served from other networks all the same: plain proxies stand for them. Inbound a plain proxy is
 * their endpoint; outbound it is the endpoint of services of other networks, on a port that tells it which one is meant.
 */
import type { ServiceView } from '../../mesh/model/mesh-view.ts';
import type { ClusterName, ServiceKey } from '../../mesh/model/names.ts';
import type { Endpoint, PodAddress, PodSlice } from '../../mesh/model/service.ts';
import type { PlainPorts } from './plain-ports.ts';
import type { PlainRegistration, ProxyRegistration } from './registrations.ts';

export function plainProxies(registrations: readonly ProxyRegistration[]): readonly PlainRegistration[] {
  return registrations.filter((entry) => entry.kind === 'plain');
}

/** Of each service the pods that no sidecar has registered. The mesh carries TCP. */
export function plainPods(
  slices: ReadonlyMap<ServiceKey, readonly PodSlice[]>,
  registrations: readonly ProxyRegistration[],
): ReadonlyMap<ServiceKey, readonly PodSlice[]> {
  const meshed = new Set(registrations.flatMap((entry) => (entry.kind === 'sidecar' ? [entry.address] : [])));
  const plain = [...slices].map(([service, held]) => {
    const left = held.map(({ ports, pods }) => ({
      ports: ports.filter(({ protocol }) => protocol === 'TCP'),
      pods: pods.filter(({ address }) => !meshed.has(address)),
    }));
    return [service, left.filter(({ ports, pods }) => ports.length > 0 && pods.length > 0)] as const;
  });
  return new Map(plain.filter(([, left]) => left.length > 0));
}

/** Each plain proxy is one endpoint of every service that has plain pods; ready while one of those is. */
export function withPlainEndpoints(
  endpoints: ReadonlyMap<ServiceKey, readonly Endpoint[]>,
  pods: ReadonlyMap<ServiceKey, readonly PodSlice[]>,
  proxies: readonly PlainRegistration[],
): ReadonlyMap<ServiceKey, readonly Endpoint[]> {
  if (proxies.length === 0 || pods.size === 0) return endpoints;
  const joined = new Map(endpoints);
  for (const [service, slices] of pods) {
    const served = slices.some((slice) => slice.pods.some(({ ready }) => ready));
    const more = proxies.map(({ proxy, address, port, region, zone, ready }) => ({
      ...{ id: proxy, address, port, region, zone, ready: ready && served },
    }));
    const all = [...(joined.get(service) ?? []), ...more].sort((a, b) => (a.id < b.id ? -1 : 1));
    joined.set(service, all);
  }
  return joined;
}

/** The service ports that other networks offer, as plain-ports.ts names them. */
export function farPorts(
  services: ReadonlyMap<ServiceKey, ServiceView>,
  far: ReadonlySet<ClusterName>,
): ReadonlySet<string> {
  const offers = [...services.values()].flatMap(({ key, remote }) =>
    remote.filter(({ cluster }) => far.has(cluster)).map(({ ports }) => ({ key, ports })),
  );
  return new Set(offers.flatMap(({ key, ports }) => ports.map(({ port }) => `${key}:${port}`)));
}

/** What plain proxies are told beside what every proxy is. */
export function withPlainParts(
  services: ReadonlyMap<ServiceKey, ServiceView>,
  pods: ReadonlyMap<ServiceKey, readonly PodSlice[]>,
  plainPorts: PlainPorts,
): ReadonlyMap<ServiceKey, ServiceView> {
  if (pods.size === 0 && plainPorts.size === 0) return services;
  return new Map(
    [...services].map(([key, view]) => {
      const held = pods.get(key);
      const ports = view.ports.map((port) => {
        const plainPort = plainPorts.get(`${key}:${port.port}`);
        return plainPort === undefined ? port : { ...port, plainPort };
      });
      return [key, { ...view, ports, ...(held === undefined ? {} : { plainPods: held }) }];
    }),
  );
}

/** As addresses behind a clusterset IP. */
export function proxyAddresses(proxies: readonly PlainRegistration[]): readonly PodAddress[] {
  return proxies.map(({ address, ready }) => ({ address, ready }));
}
