/** What the cluster offers the others: its exports that exist, with what stands behind them. */
import type { ClusterInfo, ExportedService, ZoneCapacity } from '../../mesh/model/catalog.ts';
import { boundedSlices } from '../../mesh/decide/pod-slices.ts';
import { wrongTraits } from '../../mesh/decide/service-traits.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import {
  isSystemNamespace,
  splitServiceKey,
  type Namespace,
  type RouteId,
  type ServiceAccount,
  type ServiceKey,
} from '../../mesh/model/names.ts';
import type { AccessPolicy, FailoverPolicy } from '../../mesh/model/policy.ts';
import type { Endpoint, PodSlice, Service, ServiceExport } from '../../mesh/model/service.ts';

/** What the cluster itself states: manifests, and the endpoints of manifests and live proxies together. */
export interface LocalState {
  readonly namespaces: ReadonlySet<Namespace>;
  readonly services: ReadonlyMap<ServiceKey, Service>;
  readonly endpoints: ReadonlyMap<ServiceKey, readonly Endpoint[]>;
  readonly exports: ReadonlyMap<ServiceKey, ServiceExport>;
  /** Of exported services, where the cluster knows its pods. */
  readonly podSlices?: ReadonlyMap<ServiceKey, readonly PodSlice[]>;
  /** Addresses of Services and pods of this cluster, of every namespace: no other cluster may state them as its own. */
  readonly ownAddresses?: ReadonlySet<string>;
  readonly failover: ReadonlyMap<ServiceKey, FailoverPolicy>;
  readonly access: readonly AccessPolicy[];
  /** Of this cluster. */
  readonly routeIdOf: (service: ServiceKey, port: number) => RouteId;
}

export interface OwnCatalogParts {
  readonly info: ClusterInfo;
  readonly services: ReadonlyMap<ServiceKey, ExportedService>;
  /** Exports that offer nothing, and why. */
  readonly faults: readonly Fault[];
}

/** Default deny: only what is exported and exists is offered; nothing of a system namespace. */
export function decideOwnCatalog(local: LocalState, info: ClusterInfo): OwnCatalogParts {
  const services = new Map<ServiceKey, ExportedService>();
  const faults: Fault[] = [];
  for (const exported of local.exports.values()) {
    const refusal = refusalOf(exported.key, local);
    if (refusal === undefined) services.set(exported.key, describe(exported, local, sharesNetwork(info)));
    else faults.push(refusal);
  }
  return { info, services, faults };
}

/** Whether other clusters may call the service. */
export function isExported(key: ServiceKey, local: LocalState): boolean {
  return local.exports.has(key) && refusalOf(key, local) === undefined;
}

/** Why an export of this cluster offers nothing. */
export function refusalOf(key: ServiceKey, local: Pick<LocalState, 'services'>): Fault | undefined {
  const subject = `serviceexport/${key}`;
  const { namespace } = splitServiceKey(key);
  if (isSystemNamespace(namespace))
    return fault(
      'namespace_absent',
      subject,
      `services of the system namespace ${namespace} are never exported`,
    );
  const service = local.services.get(key);
  if (service === undefined)
    return fault('not_found', subject, 'there is no Service of this name here, so nothing is offered');
  if (service.traits?.type === 'ExternalName')
    return fault('invalid_service_type', subject, 'a Service of type ExternalName is never exported');
  // Peers would refuse it at their border, by the same rule.
  const wrong = service.traits && wrongTraits(service.traits);
  return wrong && { ...fault('invalid_manifest', subject, wrong.message), field: wrong.field };
}

/** A network of its own is named as the cluster: nobody else reaches its pods. */
function sharesNetwork({ cluster, network }: ClusterInfo): boolean {
  return network !== (cluster as string);
}

function describe(exported: ServiceExport, local: LocalState, withPods: boolean): ExportedService {
  const { key, createdAt, labels, annotations } = exported;
  const endpoints = local.endpoints.get(key) ?? [];
  const service = local.services.get(key);
  const ports = (service?.ports ?? []).map(({ name, port, appProtocol }) => ({
    ...{ name, port, appProtocol, routeId: local.routeIdOf(key, port) },
  }));
  const zones = zoneCapacities(endpoints);
  const podSlices = withPods ? boundedSlices(local.podSlices?.get(key) ?? []) : [];
  return {
    ...{ key, exportedAt: createdAt, ports, zones, serviceAccounts: accountsOf(endpoints) },
    ...(endpoints.some(({ serviceAccount }) => serviceAccount === undefined) ? { plain: true as const } : {}),
    ...(service?.traits === undefined ? {} : { traits: service.traits }),
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(podSlices.length === 0 ? {} : { podSlices }),
  };
}

/** One entry for each zone that has endpoints, in order of region and zone. */
export function zoneCapacities(endpoints: readonly Endpoint[]): readonly ZoneCapacity[] {
  const zones = new Map<string, ZoneCapacity>();
  for (const { region, zone, ready } of endpoints) {
    const held = zones.get(`${region}/${zone}`) ?? { region, zone, ready: 0, total: 0 };
    zones.set(`${region}/${zone}`, { ...held, ready: held.ready + (ready ? 1 : 0), total: held.total + 1 });
  }
  return [...zones].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, capacity]) => capacity);
}

function accountsOf(endpoints: readonly Endpoint[]): readonly ServiceAccount[] {
  const accounts = endpoints.map(({ serviceAccount }) => serviceAccount);
  return [...new Set(accounts.filter((account) => account !== undefined))].sort();
}
