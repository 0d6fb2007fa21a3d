/** What the mesh shows in an API server, as objects: pure, from what the controller decided. */
import { X509Certificate } from 'node:crypto';
import type { Condition } from '../../../crds/condition.ts';
import type { ServiceImportSpec } from '../../../crds/service-import.ts';
import type { TrustBundle } from '../../model/bundle.ts';
import type { ShownTrust } from '../../ports/multicluster-api.ts';
import type { LinkState } from '../../model/catalog.ts';
import type { ExportState, MemberState, MulticlusterState, ServiceImport } from '../../model/multicluster.ts';
import { splitServiceKey, type ClusterName } from '../../model/names.ts';
import { BUNDLE_KEY, CONFIG_KEY, MESH_CONFIG_MAP, NAMESPACE } from './installation.ts';
import { CONFIG_MAPS, objectId, SERVICE_EXPORTS, SERVICE_IMPORTS, type ObjectKind } from './resources.ts';

/** A condition whose times are not known yet. */
export type NewCondition = Omit<Condition, 'lastTransitionTime'>;

type Fields = Readonly<Record<string, unknown>>;

export interface DesiredObject {
  readonly kind: ObjectKind;
  /** Absent: the kind is of the whole cluster. */
  readonly namespace?: string;
  readonly name: string;
  readonly labels?: Fields;
  readonly annotations?: Fields;
  readonly spec?: Fields;
  /** Of a ConfigMap. */
  readonly data?: Fields;
  readonly status?: Fields;
  readonly conditions?: readonly NewCondition[];
  /** The object is somebody else's: its status is stated, and it is neither made nor taken away. */
  readonly isForeign?: true;
}

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
const MESH_CONFIG: ObjectKind = { ...CONFIG_MAPS, onlyName: MESH_CONFIG_MAP };

/** The kinds of which there are desired objects. */
export const DESIRED_KINDS: readonly ObjectKind[] = [
  ...[SERVICE_IMPORTS, SERVICE_EXPORTS, CLUSTER_PROPERTIES, MESH_CLUSTERS, TRUST_BUNDLES, MESH_CONFIG],
];

/** By `objectId`. */
export function desiredObjects(
  state: MulticlusterState,
  { bundle, signed, config }: ShownTrust & { readonly config: string },
): ReadonlyMap<string, DesiredObject> {
  const data = { [BUNDLE_KEY]: JSON.stringify(signed), [CONFIG_KEY]: config };
  const all = [
    ...[...state.imports.values()].map(importObject),
    ...[...state.exports.values()].map(exportStatus),
    ...[...state.members].map(([cluster, member]) => memberObject(cluster, member, state)),
    ...[...properties(state), bundleObject(bundle)],
    ...[...state.namespaces, NAMESPACE].map((namespace) => ({
      kind: MESH_CONFIG,
      namespace,
      name: MESH_CONFIG_MAP,
      data,
    })),
  ];
  return new Map(all.map((object) => [objectId(object.kind, object), object]));
}

function importObject(wanted: ServiceImport): DesiredObject {
  const { key, traits, labels, annotations, clusters } = wanted;
  const ready: NewCondition =
    traits.type === 'Headless'
      ? { type: 'Ready', status: 'True', reason: 'Ready', message: 'headless: it needs no IP' }
      : { type: 'Ready', status: 'False', reason: 'Pending', message: 'it has no clusterset IP yet' };
  return {
    ...{ kind: SERVICE_IMPORTS, ...splitServiceKey(key), labels, annotations, spec: importSpec(wanted) },
    status: { clusters: clusters.map((cluster) => ({ cluster })), endpointSliceObjects: 'Absent' },
    conditions: [ready],
  };
}

function importSpec({ traits }: ServiceImport): ServiceImportSpec {
  const { ports, sessionAffinity, affinitySeconds, internalTrafficPolicy, trafficDistribution, ipFamilies } =
    traits;
  return {
    type: traits.type === 'Headless' ? 'Headless' : 'ClusterSetIP',
    ports,
    ...(sessionAffinity === undefined ? {} : { sessionAffinity }),
    ...(affinitySeconds === undefined
      ? {}
      : { sessionAffinityConfig: { clientIP: { timeoutSeconds: affinitySeconds } } }),
    ...(internalTrafficPolicy === undefined ? {} : { internalTrafficPolicy }),
    ...(trafficDistribution === undefined ? {} : { trafficDistribution }),
    ...(ipFamilies === undefined ? {} : { ipFamilies }),
  };
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

function memberObject(
  name: ClusterName,
  { info, link, exports }: MemberState,
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
            message: link.note ?? 'it is not heard',
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
