/**
 * What stands behind the clusterset IP of an import (KEP-1645): a Service of its own without a selector, whose address
 * the API server chooses and keeps, and EndpointSlices of one source cluster each.
 */
import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { splitServiceOf } from '../../model/host-key.ts';
import type { ImportHost, ImportSlice, ServiceImport } from '../../model/multicluster.ts';
import { splitServiceKey, type ServiceKey } from '../../model/names.ts';
import type { PodPort, PodSlice, StatedPort } from '../../model/service.ts';
import { isRecord, MANAGED_BY, type ApiObject } from './api-object.ts';
import type { DesiredObject } from './desired-object.ts';
import { ENDPOINT_SLICES, objectId, SERVICE_LABEL, SERVICES, type ObjectKind } from './resources.ts';

/** Well-known, of the MCS API. */
const SERVICE_NAME = 'multicluster.kubernetes.io/service-name';
const SOURCE_CLUSTER = 'multicluster.kubernetes.io/source-cluster';

/** Of what stands behind one host: DNS has no name for that, so it bears no label of the MCS API. */
const HOST_OF = 'isthmus.dev/host-of';

/** Only those for imports are followed: a cluster has many others of both, those of the installation among them. */
const DERIVED_SERVICES: ObjectKind = { ...SERVICES, selector: ours(SERVICE_NAME) };
const IMPORT_SLICES: ObjectKind = { ...ENDPOINT_SLICES, selector: ours(SERVICE_NAME) };
const HOST_SERVICES: ObjectKind = { ...SERVICES, selector: ours(HOST_OF) };
const HOST_SLICES: ObjectKind = { ...ENDPOINT_SLICES, selector: ours(HOST_OF) };
export const CLUSTERSET_KINDS: readonly ObjectKind[] = [
  ...[DERIVED_SERVICES, IMPORT_SLICES, HOST_SERVICES, HOST_SLICES],
];

function ours(label: string): Readonly<Record<string, string>> {
  const managed = Object.entries(MANAGED_BY).map(([name, value]) => `${name}=${value}`);
  return { labelSelector: [...managed, label].join(',') };
}

const SLICE_MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
const SLICE_MANAGER = 'isthmus-controller';
const DISTRIBUTIONS: readonly string[] = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];
/** Of the API: endpoints of one slice. */
const MAX_ENDPOINTS = 1000;

/** The addresses of an import, in the order of their families. */
export interface ClustersetIp {
  readonly ips: readonly string[];
  readonly ipFamilies: readonly string[];
}

/** `derived-` and ten characters that follow from the name, as the reference controllers of the MCS API do it. */
export function derivedName(service: ServiceKey): string {
  const digest = createHash('sha256').update(service).digest();
  const bits = [...digest.subarray(0, 7)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const letters = bits.slice(0, 50).match(/.{5}/g) ?? [];
  return `derived-${letters.map((five) => parseInt(five, 2).toString(32)).join('')}`;
}

/** As `objectId` names it. */
export function derivedId(service: ServiceKey): string {
  return objectId(SERVICES, { namespace: splitServiceKey(service).namespace, name: derivedName(service) });
}

/** What the API server has given a derived Service; undefined: nothing yet. */
export function readClustersetIp({ spec }: ApiObject): ClustersetIp | undefined {
  if (!isRecord(spec)) return undefined;
  const { clusterIPs, ipFamilies } = spec;
  if (!Array.isArray(clusterIPs) || !Array.isArray(ipFamilies)) return undefined;
  return { ips: clusterIPs.map(String), ipFamilies: ipFamilies.map(String) };
}

/** Headless imports have slices, and what gives each host of another network its address. */
export function clustersetObjects(wanted: ServiceImport): readonly DesiredObject[] {
  const slices = sliceObjects(wanted);
  return wanted.traits.type === 'Headless'
    ? [...slices, ...wanted.hosts.flatMap(hostObjects)]
    : [derivedService(wanted), ...slices];
}

function hostObjects({ key, ports, proxies }: ImportHost): readonly DesiredObject[] {
  const { namespace } = splitServiceKey(key);
  const name = derivedName(key);
  const labels = { [HOST_OF]: splitServiceOf(key).name };
  const spec = { type: 'ClusterIP', ipFamilyPolicy: 'PreferDualStack', ports: ports.map(servicePort) };
  const pages = proxies.flatMap(pagesOf);
  return [
    { ...{ kind: HOST_SERVICES, namespace, name, labels }, spec },
    ...pages.map((page, index) => ({
      ...{ kind: HOST_SLICES, namespace, name: `${name}-${index}` },
      labels: { ...labels, [SLICE_MANAGED_BY]: SLICE_MANAGER, [SERVICE_LABEL]: name },
      rest: sliceFields(page, ports),
    })),
  ];
}

function derivedService({ key, traits }: ServiceImport): DesiredObject {
  const { ports, sessionAffinity, affinitySeconds, internalTrafficPolicy, trafficDistribution } = traits;
  return {
    ...{ kind: DERIVED_SERVICES, namespace: splitServiceKey(key).namespace, name: derivedName(key) },
    labels: { [SERVICE_NAME]: splitServiceKey(key).name },
    spec: {
      ...{ type: 'ClusterIP', ipFamilyPolicy: 'PreferDualStack', ports: ports.map(servicePort) },
      ...(sessionAffinity === undefined ? {} : { sessionAffinity }),
      ...(affinitySeconds === undefined || sessionAffinity !== 'ClientIP'
        ? {}
        : { sessionAffinityConfig: { clientIP: { timeoutSeconds: affinitySeconds } } }),
      ...(internalTrafficPolicy === undefined ? {} : { internalTrafficPolicy }),
      // A word that this API server does not know must not cost the service its address.
      ...(DISTRIBUTIONS.includes(trafficDistribution ?? '') ? { trafficDistribution } : {}),
    },
  };
}

/** With what the API server would add, so that what is there can be compared. */
function servicePort({ name, protocol, port, appProtocol }: StatedPort): object {
  return {
    ...(name === undefined ? {} : { name }),
    ...{ protocol, port, targetPort: port },
    ...(appProtocol === undefined ? {} : { appProtocol }),
  };
}

function sliceObjects(wanted: ServiceImport): readonly DesiredObject[] {
  const counts = new Map<string, number>();
  const pages = wanted.slices.flatMap(({ cluster, slice }) =>
    pagesOf(slice).map((page) => ({ cluster, slice: page })),
  );
  return pages.map((page) => {
    const index = counts.get(page.cluster) ?? 0;
    counts.set(page.cluster, index + 1);
    return sliceObject(wanted, page, index);
  });
}

/** One family, and as many endpoints as a slice may have. */
function pagesOf({ ports, pods }: PodSlice): readonly PodSlice[] {
  return [false, true].flatMap((isV6) => {
    const family = pods.filter(({ address }) => isIPv6(address) === isV6);
    const starts = Array.from(
      { length: Math.ceil(family.length / MAX_ENDPOINTS) },
      (_, i) => i * MAX_ENDPOINTS,
    );
    return starts.map((start) => ({ ports, pods: family.slice(start, start + MAX_ENDPOINTS) }));
  });
}

function sliceObject(
  { key, traits }: ServiceImport,
  { cluster, slice }: ImportSlice,
  index: number,
): DesiredObject {
  const { namespace, name } = splitServiceKey(key);
  const derived = derivedName(key);
  return {
    ...{ kind: IMPORT_SLICES, namespace, name: `${derived}-${cluster}-${index}`.slice(0, 253) },
    labels: {
      ...{ [SERVICE_NAME]: name, [SOURCE_CLUSTER]: cluster },
      [SLICE_MANAGED_BY]: SLICE_MANAGER,
      ...(traits.type === 'Headless' ? {} : { [SERVICE_LABEL]: derived }),
    },
    rest: sliceFields(slice, traits.ports),
  };
}

function sliceFields(
  { ports, pods }: PodSlice,
  stated: readonly StatedPort[],
): Readonly<Record<string, unknown>> {
  return {
    addressType: pods.some(({ address }) => isIPv6(address)) ? 'IPv6' : 'IPv4',
    ports: ports.map((port) => portField(port, stated)),
    endpoints: pods.map(({ address, hostname, ready }) => ({
      ...{ addresses: [address], conditions: { ready } },
      ...(hostname === undefined ? {} : { hostname }),
    })),
  };
}

function portField({ name, protocol, port }: PodPort, stated: readonly StatedPort[]): object {
  const appProtocol = stated.find((one) => (one.name ?? '') === name)?.appProtocol;
  return { name, protocol, port, ...(appProtocol === undefined ? {} : { appProtocol }) };
}
