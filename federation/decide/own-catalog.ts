/** What the cluster offers the others: its exports that exist, with what stands behind them. */
import type { ClusterInfo, ExportedService, SidecarAddress, ZoneCapacity } from '../../mesh/model/catalog.ts';
import { createKeyedMemo, type KeyedMemo } from '../../mesh/kit/keyed-memo.ts';
import { err, ok, type Result } from '../../mesh/kit/result.ts';
import { boundedSlices } from '../../mesh/decide/pod-slices.ts';
import { wrongTraits } from '../../mesh/decide/service-traits.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import {
  isSystemService,
  type Namespace,
  type RouteId,
  type ServiceAccount,
  type ServiceKey,
} from '../../mesh/model/names.ts';
import type { AccessPolicy, FailoverPolicy } from '../../mesh/model/policy.ts';
import type { Reading } from '../../mesh/model/reading.ts';
import type { Endpoint, PodSlice, Service, ServiceExport } from '../../mesh/model/service.ts';

/** What the cluster itself states: manifests, and the endpoints of manifests and live proxies together. */
export interface LocalState {
  readonly namespaces: ReadonlySet<Namespace>;
  readonly services: ReadonlyMap<ServiceKey, Service>;
  readonly endpoints: ReadonlyMap<ServiceKey, readonly Endpoint[]>;
  readonly exports: ReadonlyMap<ServiceKey, ServiceExport>;
  /** Of exported services, where the cluster knows its pods. */
  readonly podSlices?: ReadonlyMap<ServiceKey, readonly PodSlice[]>;
  /** Of hosts that are one pod with a sidecar; absent: there are none. */
  readonly sidecars?: ReadonlyMap<ServiceKey, SidecarAddress>;
  /** Addresses of Services and pods of this cluster, of every namespace: no other cluster may state them as its own. */
  readonly ownAddresses?: ReadonlySet<string>;
  readonly failover: ReadonlyMap<ServiceKey, FailoverPolicy>;
  readonly access: readonly AccessPolicy[];
  /** How exports and policies were read, where the cluster shows their status. */
  readonly readings?: ReadonlyMap<string, Reading>;
  /** Of this cluster. */
  readonly routeIdOf: (service: ServiceKey, port: number) => RouteId;
}

export interface OwnCatalogParts {
  readonly info: ClusterInfo;
  readonly services: ReadonlyMap<ServiceKey, ExportedService>;
  /** Of headless services: see own-hosts.ts. Absent: none. */
  readonly hosts?: ReadonlyMap<ServiceKey, ExportedService>;
  /** Exports that offer nothing, and why. */
  readonly faults: readonly Fault[];
}

/** All that an entry of the catalog follows from. */
interface Offering extends Pick<LocalState, 'routeIdOf'> {
  readonly exported: ServiceExport;
  readonly service: Service | undefined;
  readonly endpoints: readonly Endpoint[] | undefined;
  readonly podSlices: readonly PodSlice[] | undefined;
  readonly sidecar: SidecarAddress | undefined;
}

/** What became of each export in the last pass. */
export type OwnCatalogMemory = KeyedMemo<ServiceKey, Offering, Result<ExportedService, Fault>>;
export const ownCatalogMemory = (): OwnCatalogMemory => createKeyedMemo();

/**
 * Default deny: only what is exported and exists is offered; nothing of a system namespace. `memory` of the last pass
 * only saves work: entries that follow from the same are the very same.
 */
export function decideOwnCatalog(
  local: LocalState,
  info: ClusterInfo,
  memory: OwnCatalogMemory = ownCatalogMemory(),
): OwnCatalogParts {
  const services = new Map<ServiceKey, ExportedService>();
  const faults: Fault[] = [];
  const { routeIdOf } = local;
  const withPods = sharesNetwork(info);
  const recall = memory.round();
  for (const exported of local.exports.values()) {
    const { key } = exported;
    const podSlices = withPods ? local.podSlices?.get(key) : undefined;
    const sidecar = withPods ? local.sidecars?.get(key) : undefined;
    const from = {
      service: local.services.get(key),
      endpoints: local.endpoints.get(key),
      podSlices,
      sidecar,
    };
    const offered = recall(key, { exported, ...from, routeIdOf }, offer);
    if (offered.ok) services.set(key, offered.value);
    else faults.push(offered.error);
  }
  return { info, services, faults };
}

function offer(offering: Offering): Result<ExportedService, Fault> {
  const refusal = refusalFor(offering.exported.key, offering.service);
  return refusal === undefined ? ok(describe(offering)) : err(refusal);
}

/** Whether other clusters may call the service. */
export function isExported(key: ServiceKey, local: LocalState): boolean {
  return local.exports.has(key) && refusalFor(key, local.services.get(key)) === undefined;
}

/** Why an export of this cluster offers nothing. */
export function refusalFor(key: ServiceKey, service: Service | undefined): Fault | undefined {
  const subject = `serviceexport/${key}`;
  if (isSystemService(key))
    return fault(
      'namespace_absent',
      subject,
      `${key} is of the system of its cluster, which is never exported`,
    );
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

function describe({ exported, service, endpoints = [], ...rest }: Offering): ExportedService {
  const { key, createdAt, labels, annotations } = exported;
  const ports = (service?.ports ?? []).map(({ name, port, appProtocol }) => ({
    ...{ name, port, appProtocol, routeId: rest.routeIdOf(key, port) },
  }));
  const zones = zoneCapacities(endpoints);
  const podSlices = boundedSlices(rest.podSlices ?? []);
  return {
    ...{ key, exportedAt: createdAt, ports, zones, serviceAccounts: accountsOf(endpoints) },
    ...(endpoints.some(({ serviceAccount }) => serviceAccount === undefined) ? { plain: true as const } : {}),
    ...(service?.traits === undefined ? {} : { traits: service.traits }),
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(podSlices.length === 0 ? {} : { podSlices }),
    ...(rest.sidecar === undefined ? {} : { sidecar: rest.sidecar }),
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
