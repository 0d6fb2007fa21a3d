/** The collections of an API server that the controller follows. */
import { isSystemNamespace, parseServiceKey, type ServiceKey } from '../../model/names.ts';
import type { PodAddress, PodSlice, ServiceTraits } from '../../model/service.ts';
import { isOurs, isRecord, type ApiObject } from './api-object.ts';

export interface ObjectKind {
  readonly kind: string;
  readonly apiVersion: string;
  readonly plural: string;
  /** `labelSelector` or `fieldSelector` of those that are followed; absent: all. */
  readonly selector?: Readonly<Record<string, string>>;
  /** Its objects are made by others: only their status is written, and none is made or taken away. */
  readonly isForeign?: true;
}

export interface Resource extends ObjectKind {
  /**
   * The parts of an object that Isthmus reads, in the form of a manifest. Undefined: the object is none of ours. What
   * others write into metadata, which may be large and of any form, is left out.
   */
  readonly read: (object: ApiObject) => Readonly<Record<string, unknown>> | undefined;
}

export const SERVICE_LABEL = 'kubernetes.io/service-name';
const ACCOUNT_ANNOTATION = 'isthmus.dev/service-account';

export const SERVICE_EXPORTS = ours('ServiceExport', 'multicluster.x-k8s.io/v1beta1', 'serviceexports');

export const FAILOVER_POLICIES = ours('FailoverPolicy', 'isthmus.dev/v1alpha1', 'failoverpolicies');
export const ACCESS_POLICIES = ours('AccessPolicy', 'isthmus.dev/v1alpha1', 'accesspolicies');

/** Written, not read: what they say follows from everything else. */
export const SERVICE_IMPORTS: ObjectKind = {
  ...{ kind: 'ServiceImport', apiVersion: 'multicluster.x-k8s.io/v1beta1', plural: 'serviceimports' },
};

/** Of which Isthmus writes some, for imports. */
export const SERVICES = { kind: 'Service', apiVersion: 'v1', plural: 'services' };
export const SECRETS: ObjectKind = { kind: 'Secret', apiVersion: 'v1', plural: 'secrets' };
export const CONFIG_MAPS: ObjectKind = { kind: 'ConfigMap', apiVersion: 'v1', plural: 'configmaps' };
export const ENDPOINT_SLICES = {
  kind: 'EndpointSlice',
  apiVersion: 'discovery.k8s.io/v1',
  plural: 'endpointslices',
};

export const RESOURCES: readonly Resource[] = [
  { kind: 'Namespace', apiVersion: 'v1', plural: 'namespaces', read: readNamespace },
  { ...SERVICES, read: readService },
  { ...ENDPOINT_SLICES, read: readEntries },
  ...[SERVICE_EXPORTS, FAILOVER_POLICIES, ACCESS_POLICIES],
];

function ours(kind: string, apiVersion: string, plural: string): Resource {
  return {
    ...{ kind, apiVersion, plural, isForeign: true },
    read: ({ spec }) => (spec === undefined ? {} : { spec }),
  };
}

/** `/api/v1/services`, `/api/v1/namespaces/shop/services`, `/apis/isthmus.dev/v1alpha1/accesspolicies` */
export function collectionPath(
  { apiVersion, plural }: Pick<ObjectKind, 'apiVersion' | 'plural'>,
  namespace?: string,
): string {
  const group = `${apiVersion.includes('/') ? '/apis' : '/api'}/${apiVersion}`;
  return `${group}/${namespace === undefined ? '' : `namespaces/${namespace}/`}${plural}`;
}

/** Where an object is; without a namespace it is of the whole cluster. */
export interface ObjectPlace {
  readonly namespace?: string;
  readonly name: string;
}

/** `/apis/multicluster.x-k8s.io/v1beta1/namespaces/shop/serviceexports/cart` */
export function objectPath(
  kind: Pick<ObjectKind, 'apiVersion' | 'plural'>,
  { namespace, name }: ObjectPlace,
): string {
  return `${collectionPath(kind, namespace)}/${name}`;
}

/** `ServiceExport shop/cart`: unique among all objects. */
export function objectId({ kind }: Pick<ObjectKind, 'kind'>, { namespace, name }: ObjectPlace): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

/** An object as a manifest for crds/parse-manifest.ts. Undefined: it is none of ours. */
export function manifestOf(resource: Resource, object: ApiObject): unknown {
  const { name, namespace, generation, labels, annotations } = object.metadata;
  if (isSystemNamespace(namespace ?? (resource.kind === 'Namespace' ? name : ''))) return undefined;
  const fields = resource.read(object);
  if (fields === undefined) return undefined;
  const { apiVersion, kind } = resource;
  const metadata = {
    ...{ name, namespace },
    ...(typeof generation === 'number' ? { generation } : {}),
    ...(kind === ENDPOINT_SLICES.kind
      ? {
          ...picked('labels', labels, SERVICE_LABEL),
          ...picked('annotations', annotations, ACCOUNT_ANNOTATION),
        }
      : {}),
  };
  return { apiVersion, kind, metadata: defined(metadata), ...fields };
}

/** One that is being deleted takes no objects any more. */
function readNamespace({ metadata }: ApiObject): Readonly<Record<string, unknown>> | undefined {
  return metadata['deletionTimestamp'] === undefined ? {} : undefined;
}

function picked(field: string, from: unknown, name: string): Readonly<Record<string, unknown>> {
  const value = isRecord(from) ? from[name] : undefined;
  return value === undefined ? {} : { [field]: { [name]: value } };
}

function defined(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/**
 * The mesh carries TCP, so ports of other protocols are left out; readTraits tells of them. A target port that is a name
 * says nothing to a sidecar, which knows by itself where its application listens.
 */
function readService(object: ApiObject): Readonly<Record<string, unknown>> | undefined {
  const { spec } = object;
  // What is written for an import must not be read as a Service of the cluster.
  if (!isRecord(spec) || isOurs(object)) return undefined;
  const ports = portsOf(spec)
    .filter(({ protocol = 'TCP' }) => protocol === 'TCP')
    .map(({ name, port, targetPort, appProtocol }) =>
      defined({
        name,
        port,
        targetPort: typeof targetPort === 'number' ? targetPort : undefined,
        appProtocol,
      }),
    );
  return { spec: { ports } };
}

function portsOf(spec: Readonly<Record<string, unknown>>): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(spec['ports']) ? spec['ports'].filter(isRecord) : [];
}

/** What a Service says beside the ports that the mesh carries: the API server has checked it. */
export function readTraits({ spec }: ApiObject): ServiceTraits {
  const fields = isRecord(spec) ? spec : {};
  const { sessionAffinityConfig, ipFamilies, clusterIP } = fields;
  const clientIP = isRecord(sessionAffinityConfig) ? sessionAffinityConfig['clientIP'] : undefined;
  const type =
    fields['type'] === 'ExternalName' ? 'ExternalName' : clusterIP === 'None' ? 'Headless' : 'ClusterSetIP';
  return defined({
    type,
    ports: portsOf(fields).map(({ name, protocol = 'TCP', port, appProtocol }) =>
      defined({ name: name === '' ? undefined : name, protocol, port, appProtocol }),
    ),
    sessionAffinity: fields['sessionAffinity'],
    affinitySeconds: isRecord(clientIP) ? clientIP['timeoutSeconds'] : undefined,
    internalTrafficPolicy: fields['internalTrafficPolicy'],
    trafficDistribution: fields['trafficDistribution'],
    ipFamilies: Array.isArray(ipFamilies) ? ipFamilies : undefined,
  }) as unknown as ServiceTraits;
}

/** Only those that state sidecars: slices of plain pods have no such annotation. */
function readEntries(object: ApiObject): Readonly<Record<string, unknown>> | undefined {
  const { annotations } = object.metadata;
  if (!isRecord(annotations) || annotations[ACCOUNT_ANNOTATION] === undefined) return undefined;
  const { addressType, endpoints, ports } = object;
  return defined({ addressType, endpoints, ports });
}

/** The service and the pods of an EndpointSlice that Kubernetes keeps; undefined: it is of none, or has none. */
export function readPodSlice(
  object: ApiObject,
): { readonly service: ServiceKey; readonly slice: PodSlice } | undefined {
  const { labels, namespace = '' } = object.metadata;
  const name = isRecord(labels) ? labels[SERVICE_LABEL] : undefined;
  const service = parseServiceKey(`${namespace}/${typeof name === 'string' ? name : ''}`);
  if (!service.ok || isOurs(object) || isSystemNamespace(namespace)) return undefined;
  const { addressType, endpoints, ports } = object;
  if (addressType !== 'IPv4' && addressType !== 'IPv6') return undefined;
  const slice = {
    ports: listOf(ports).flatMap(({ name: port = '', protocol = 'TCP', port: number }) =>
      typeof port === 'string' && typeof protocol === 'string' && typeof number === 'number'
        ? [{ name: port, protocol, port: number }]
        : [],
    ),
    pods: listOf(endpoints).flatMap(readPod),
  };
  return slice.pods.length === 0 ? undefined : { service: service.value, slice };
}

function listOf(list: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(list) ? list.filter(isRecord) : [];
}

/** Ready as kube-proxy sees it: what is not said counts as ready. */
function readPod({
  addresses,
  hostname,
  conditions,
}: Readonly<Record<string, unknown>>): readonly PodAddress[] {
  const [address] = Array.isArray(addresses) ? (addresses as unknown[]) : [];
  if (typeof address !== 'string') return [];
  const ready = !isRecord(conditions) || conditions['ready'] !== false;
  return [{ address, ready, ...(typeof hostname === 'string' ? { hostname } : {}) }];
}

/**
 * Addresses of this cluster that an object names: those of a Service, of pods, and of the API server. What else somebody
 * writes into a slice may be anybody's, so it takes nothing away from a peer.
 */
export function addressesOf({ kind }: Pick<Resource, 'kind'>, object: ApiObject): readonly string[] {
  if (isOurs(object)) return [];
  if (kind === SERVICES.kind && isRecord(object['spec'])) return textsOf(object['spec']['clusterIPs']);
  if (kind !== ENDPOINT_SLICES.kind) return [];
  const { namespace, name } = object.metadata;
  const isOfApiServer = namespace === 'default' && name === 'kubernetes';
  return listOf(object['endpoints'])
    .filter(({ targetRef }) => isOfApiServer || (isRecord(targetRef) && targetRef['kind'] === 'Pod'))
    .flatMap(({ addresses }) => textsOf(addresses));
}

function textsOf(list: unknown): readonly string[] {
  const entries: readonly unknown[] = Array.isArray(list) ? list : [];
  return entries.filter((entry) => typeof entry === 'string' && entry !== 'None') as string[];
}
