/** What the mesh shows in an API server, as objects: pure, from what the controller decided. */
import { X509Certificate } from 'node:crypto';
import type { ServiceImportSpec } from '../../../crds/service-import.ts';
import type { TrustBundle } from '../../model/bundle.ts';
import type { ShownTrust } from '../../ports/multicluster-api.ts';
import type { LinkState } from '../../model/catalog.ts';
import type { ExportState, MemberState, MulticlusterState, ServiceImport } from '../../model/multicluster.ts';
import { splitServiceKey, type ClusterName } from '../../model/names.ts';
import type { ServiceTraits } from '../../model/service.ts';
import { CLUSTERSET_KINDS, clustersetObjects, derivedId, type ClustersetIp } from './clusterset-objects.ts';
import type { DesiredObject, NewCondition } from './desired-object.ts';
import { BUNDLE_KEY, CONFIG_KEY, MESH_CONFIG_MAP, namedConfigKey, NAMESPACE } from './installation.ts';
import { CONFIG_MAPS, objectId, SERVICE_EXPORTS, SERVICE_IMPORTS, type ObjectKind } from './resources.ts';

const CLUSTER_PROPERTIES: ObjectKind = {
  ...{ kind: 'ClusterProperty', apiVersion: 'about.k8s.io/v1beta1', plural: 'clusterproperties' },
};
const MESH_CLUSTERS: ObjectKind = {
  ...{ kind: 'MeshCluster', apiVersion: 'isthmus.dev/v1alpha1', plural: 'meshclusters' },
};
const TRUST_BUNDLES: ObjectKind = {
  ...{ kind: 'TrustBundle', apiVersion: 'isthmus.dev/v1alpha1', plural: 'trustbundles' },
};

/** What a pod needs to find its controller and to trust it: in each namespace, because a pod mounts those of its own. */
const MESH_CONFIG: ObjectKind = {
  ...CONFIG_MAPS,
  // RBAC grants `list` and `watch` of named objects to who selects them so.
  selector: { fieldSelector: `metadata.name=${MESH_CONFIG_MAP}` },
};

/** The kinds of which there are desired objects. */
export const DESIRED_KINDS: readonly ObjectKind[] = [
  ...[SERVICE_IMPORTS, SERVICE_EXPORTS, CLUSTER_PROPERTIES, MESH_CLUSTERS, TRUST_BUNDLES, MESH_CONFIG],
  ...CLUSTERSET_KINDS,
];

export interface DesiredInput {
  /** The text of `cluster.json` for proxies. */
  readonly config: string;
  /** By this name too, for gateways; undefined: the pod was not told it. */
  readonly configName?: string;
  /** What the API server has given, by the id of the derived Service. */
  readonly addresses: ReadonlyMap<string, ClustersetIp>;
}

/** By `objectId`. */
export function desiredObjects(
  state: MulticlusterState,
  { bundle, signed, config, configName, addresses }: ShownTrust & DesiredInput,
): ReadonlyMap<string, DesiredObject> {
  const data = { [BUNDLE_KEY]: JSON.stringify(signed), [CONFIG_KEY]: config };
  const named = configName === undefined ? {} : { [namedConfigKey(configName)]: config };
  const all = [
    ...[...state.imports.values()].map((one) => importObject(one, addresses.get(derivedId(one.key)))),
    ...[...state.imports.values()].flatMap(clustersetObjects),
    ...[...state.exports.values()].map(exportStatus),
    ...[...state.members].map(([cluster, member]) => memberObject(cluster, member, state)),
    ...[...properties(state), bundleObject(bundle)],
    ...[...state.namespaces, NAMESPACE].map((namespace) => ({
      kind: MESH_CONFIG,
      namespace,
      name: MESH_CONFIG_MAP,
      rest: { data: namespace === NAMESPACE ? { ...data, ...named } : data },
    })),
  ];
  return new Map(all.map((object) => [objectId(object.kind, object), object]));
}

function importObject(wanted: ServiceImport, address: ClustersetIp | undefined): DesiredObject {
  const { key, traits, labels, annotations, clusters, slices } = wanted;
  const ready: NewCondition =
    traits.type === 'Headless'
      ? { type: 'Ready', status: 'True', reason: 'Ready', message: 'headless: it needs no IP' }
      : address === undefined
        ? { type: 'Ready', status: 'False', reason: 'Pending', message: 'it has no clusterset IP yet' }
        : { type: 'Ready', status: 'True', reason: 'Ready', message: 'it has its clusterset IP' };
  return {
    ...{
      kind: SERVICE_IMPORTS,
      ...splitServiceKey(key),
      labels,
      annotations,
      spec: importSpec(wanted, address),
    },
    status: {
      clusters: clusters.map((cluster) => ({ cluster })),
      endpointSliceObjects: slices.length === 0 ? 'Absent' : 'Present',
    },
    conditions: [ready],
  };
}

function importSpec({ traits }: ServiceImport, address: ClustersetIp | undefined): ServiceImportSpec {
  const { ports, sessionAffinity, affinitySeconds, internalTrafficPolicy, trafficDistribution } = traits;
  const isHeadless = traits.type === 'Headless';
  return {
    type: isHeadless ? 'Headless' : 'ClusterSetIP',
    ports,
    ...(sessionAffinity === undefined ? {} : { sessionAffinity }),
    ...(affinitySeconds === undefined
      ? {}
      : { sessionAffinityConfig: { clientIP: { timeoutSeconds: affinitySeconds } } }),
    ...(internalTrafficPolicy === undefined ? {} : { internalTrafficPolicy }),
    ...(trafficDistribution === undefined ? {} : { trafficDistribution }),
    ...(isHeadless ? familiesOf(traits) : address),
  };
}

function familiesOf({ ipFamilies }: ServiceTraits): Pick<ServiceImportSpec, 'ipFamilies'> {
  return ipFamilies === undefined ? {} : { ipFamilies };
}

function exportStatus({ key, generation, conditions }: ExportState): DesiredObject {
  const counted = generation === undefined ? {} : { observedGeneration: generation };
  return {
    ...{ kind: SERVICE_EXPORTS, ...splitServiceKey(key), isForeign: true },
    conditions: conditions.map((condition) => ({ ...condition, ...counted })),
  };
}

/** Both are there exactly while the cluster is a member (KEP-2149). */
function properties({ cluster, mesh }: MulticlusterState): readonly DesiredObject[] {
  const property = (name: string, value: string): DesiredObject => ({
    ...{ kind: CLUSTER_PROPERTIES, name, spec: { value } },
  });
  return [property('cluster.clusterset.k8s.io', cluster), property('clusterset.k8s.io', mesh)];
}

const LINKS = {
  connecting: 'Connecting',
  up: 'Up',
  stale: 'Stale',
  left: 'Stale',
} as const satisfies Record<LinkState, string>;

const LEFT_OUT = '; its pods are endpoints of imports only where no other cluster serves';

function memberObject(
  name: ClusterName,
  { info, link, exports, isUnheard }: MemberState,
  { mesh }: MulticlusterState,
): DesiredObject {
  const { region, zone, version, gateways } = info;
  const isHeard = link === undefined || link.state === 'up';
  return {
    ...{ kind: MESH_CLUSTERS, name },
    status: {
      ...{ mesh, region, zone, version, exports },
      link: link === undefined ? 'Self' : LINKS[link.state],
      gateways: gateways.map(({ host, port }) =>
        host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`,
      ),
      ...(isHeard ? {} : { lastHeard: new Date(link.since).toISOString().replace(/\.\d+Z$/, 'Z') }),
    },
    conditions: [
      isHeard
        ? { type: 'Ready', status: 'True', reason: 'Heard', message: 'its controller is heard' }
        : {
            type: 'Ready',
            status: 'False',
            reason: LINKS[link.state],
            message: (link.note ?? 'it is not heard') + (isUnheard ? LEFT_OUT : ''),
          },
    ],
  };
}

function bundleObject({ mesh, version, roots, evicted }: TrustBundle): DesiredObject {
  return {
    ...{ kind: TRUST_BUNDLES, name: mesh },
    status: { version, roots: roots.map(fingerprintOf), evicted: evicted.map((member) => ({ ...member })) },
  };
}

function fingerprintOf(pem: string): string {
  return new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase();
}
