/** What the mesh shows in an API server, as objects: pure, from what the controller decided. */
import { X509Certificate } from 'node:crypto';
import type { ServiceImportSpec } from '../../../crds/service-import.ts';
import { createKeyedMemo, type KeyedMemo } from '../../kit/keyed-memo.ts';
import type { TrustBundle } from '../../model/bundle.ts';
import type { ShownTrust } from '../../ports/multicluster-api.ts';
import type { LinkState } from '../../model/catalog.ts';
import type {
  ExportState,
  MemberState,
  MulticlusterState,
  PolicyState,
  ServiceImport,
  StatedCondition,
} from '../../model/multicluster.ts';
import { splitServiceKey, type ClusterName, type ServiceKey } from '../../model/names.ts';
import type { ServiceTraits } from '../../model/service.ts';
import { CLUSTERSET_KINDS, clustersetObjects, derivedId, type ClustersetIp } from './clusterset-objects.ts';
import type { DesiredObject, NewCondition } from './desired-object.ts';
import { BUNDLE_KEY, CONFIG_KEY, MESH_CONFIG_MAP, namedConfigKey, NAMESPACE } from './installation.ts';
import {
  ACCESS_POLICIES,
  CONFIG_MAPS,
  FAILOVER_POLICIES,
  objectId,
  SERVICE_EXPORTS,
  SERVICE_IMPORTS,
  type ObjectKind,
} from './resources.ts';

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
  ...[FAILOVER_POLICIES, ACCESS_POLICIES, ...CLUSTERSET_KINDS],
];

export interface DesiredInput {
  /** The text of `cluster.json` for proxies. */
  readonly config: string;
  /** By this name too, for gateways; undefined: the pod was not told it. */
  readonly configName?: string;
  /** What the API server has given, by the id of the derived Service. */
  readonly addresses: ReadonlyMap<string, ClustersetIp>;
}

interface Importing {
  readonly wanted: ServiceImport;
  readonly address: ClustersetIp | undefined;
}

interface Exporting {
  readonly exported: ExportState;
}

/** What was desired last for each import and export: a change of one service makes the objects of no other anew. */
export interface DesiredMemory {
  readonly imports: KeyedMemo<ServiceKey, Importing, readonly DesiredObject[]>;
  readonly exports: KeyedMemo<ServiceKey, Exporting, DesiredObject>;
  /** Names of derived Services are digests. */
  readonly ids: KeyedMemo<ServiceKey, { readonly key: ServiceKey }, string>;
}

export function desiredMemory(): DesiredMemory {
  return { imports: createKeyedMemo(), exports: createKeyedMemo(), ids: createKeyedMemo() };
}

/** By `objectId`. `memory` of the last time only saves work: objects that follow from the same are the very same. */
export function desiredObjects(
  state: MulticlusterState,
  { bundle, signed, config, configName, addresses }: ShownTrust & DesiredInput,
  memory: DesiredMemory = desiredMemory(),
): ReadonlyMap<string, DesiredObject> {
  const recall = {
    ...{ imports: memory.imports.round(), exports: memory.exports.round(), id: memory.ids.round() },
  };
  const data = { [BUNDLE_KEY]: JSON.stringify(signed), [CONFIG_KEY]: config };
  const named = configName === undefined ? {} : { [namedConfigKey(configName)]: config };
  const all = [
    ...[...state.imports.values()].flatMap((wanted) => {
      const { key } = wanted;
      const address = addresses.get(recall.id(key, { key }, keyedId));
      return recall.imports(key, { wanted, address }, importObjects);
    }),
    ...[...state.exports.values()].map((exported) =>
      recall.exports(exported.key, { exported }, exportStatus),
    ),
    ...state.policies.map(policyStatus),
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

function importObjects({ wanted, address }: Importing): readonly DesiredObject[] {
  return [importObject(wanted, address), ...clustersetObjects(wanted)];
}

function importObject(wanted: ServiceImport, address: ClustersetIp | undefined): DesiredObject {
  const { key, labels, annotations, clusters, slices } = wanted;
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
    conditions: [readiness(wanted, address)],
  };
}

function readiness({ traits, hosts }: ServiceImport, address: ClustersetIp | undefined): NewCondition {
  const pending = (message: string): NewCondition => ({
    ...{ type: 'Ready', status: 'False', reason: 'Pending', message },
  });
  const ready = (message: string): NewCondition => ({
    ...{ type: 'Ready', status: 'True', reason: 'Ready', message },
  });
  if (traits.type !== 'Headless')
    return address === undefined ? pending('it has no clusterset IP yet') : ready('it has its clusterset IP');
  const missing = hosts.filter(({ ips }) => ips.length === 0).length;
  if (missing > 0)
    return pending(`${missing} of ${hosts.length} pods of other networks have no address here yet`);
  return ready('headless: it needs no IP');
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

function exportStatus({ exported: { key, generation, conditions } }: Exporting): DesiredObject {
  return {
    ...{ kind: SERVICE_EXPORTS, ...splitServiceKey(key) },
    conditions: observed(conditions, generation),
  };
}

function policyStatus({ kind, namespace, name, generation, conditions }: PolicyState): DesiredObject {
  return {
    ...{ kind: kind === 'FailoverPolicy' ? FAILOVER_POLICIES : ACCESS_POLICIES, namespace, name },
    conditions: observed(conditions, generation),
  };
}

function observed(
  conditions: readonly StatedCondition[],
  generation: number | undefined,
): readonly NewCondition[] {
  const counted = generation === undefined ? {} : { observedGeneration: generation };
  return conditions.map((condition) => ({ ...condition, ...counted }));
}

function keyedId({ key }: { readonly key: ServiceKey }): string {
  return derivedId(key);
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
