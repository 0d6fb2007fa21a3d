/**
 * The kinds that Isthmus brings to an API server. `npm run crds` writes them to deploy/crds/; the schemas are those that
 * check manifests here.
 */
import { ACCESS_POLICY_SPEC } from './access-policy.ts';
import { CLUSTER_PROPERTY_SPEC } from './cluster-property.ts';
import { CONDITIONS } from './condition.ts';
import type { Column, CustomResource } from './custom-resource.ts';
import { FAILOVER_POLICY_SPEC } from './failover-policy.ts';
import { MESH_CLUSTER_STATUS } from './mesh-cluster.ts';
import type { CrdSchema } from './schema.ts';
import { SERVICE_EXPORT_SPEC } from './service-export.ts';
import { SERVICE_IMPORT_SPEC, SERVICE_IMPORT_STATUS } from './service-import.ts';
import { TRUST_BUNDLE_STATUS } from './trust-bundle.ts';

const CONDITIONS_ONLY: CrdSchema = {
  type: 'object',
  properties: { conditions: CONDITIONS },
  description: 'what became of the spec',
};

/** By these one tells whether the definition that is installed is newer than this one. */
const MCS_LABELS = {
  'multicluster.x-k8s.io/release-version': 'v0.5.0',
  'multicluster.x-k8s.io/crd-schema-revision': '0',
};

const MCS = {
  group: 'multicluster.x-k8s.io',
  scope: 'Namespaced',
  labels: MCS_LABELS,
  versions: ['v1alpha1', 'v1beta1'],
} as const;

const ISTHMUS = { group: 'isthmus.dev', versions: ['v1alpha1'], categories: ['isthmus'] } as const;

const column = (name: string, jsonPath: string, type: Column['type'] = 'string'): Column => ({
  ...{ name, type, jsonPath },
});
const TARGET = column('Target', '.spec.targetRef.name');

export const CUSTOM_RESOURCES: readonly CustomResource[] = [
  {
    ...{ ...MCS, kind: 'ServiceExport', plural: 'serviceexports', shortNames: ['svcex', 'svcexport'] },
    description: 'Offers the Service of the same name and namespace to all clusters of the clusterset.',
    ...{ spec: SERVICE_EXPORT_SPEC, status: CONDITIONS_ONLY },
  },
  {
    ...{ ...MCS, kind: 'ServiceImport', plural: 'serviceimports', shortNames: ['svcim', 'svcimport'] },
    description: 'A service of the clusterset as this cluster may use it. Written by the controller.',
    ...{ spec: SERVICE_IMPORT_SPEC, status: SERVICE_IMPORT_STATUS },
    columns: [column('Type', '.spec.type'), column('IP', '.spec.ips')],
  },
  {
    ...{ group: 'about.k8s.io', kind: 'ClusterProperty', plural: 'clusterproperties', scope: 'Cluster' },
    versions: ['v1alpha1', 'v1beta1'],
    description: 'A property of this cluster: its name in the clusterset, or the clusterset itself.',
    ...{ spec: CLUSTER_PROPERTY_SPEC, isSpecRequired: true },
    columns: [column('Value', '.spec.value')],
    // Groups of k8s.io are taken only with a word on who approved them.
    annotations: { 'api-approved.kubernetes.io': 'https://github.com/kubernetes/enhancements/issues/2149' },
  },
  {
    ...{ ...ISTHMUS, kind: 'MeshCluster', plural: 'meshclusters', shortNames: ['mc'], scope: 'Cluster' },
    description: 'A member of the mesh, as this cluster sees it. Written by the controller.',
    status: MESH_CLUSTER_STATUS,
    columns: [
      column('Link', '.status.link'),
      column('Region', '.status.region'),
      column('Version', '.status.version'),
      column('Exports', '.status.exports', 'integer'),
      column('Heard', '.status.lastHeard', 'date'),
    ],
  },
  {
    ...{ ...ISTHMUS, kind: 'FailoverPolicy', plural: 'failoverpolicies', shortNames: ['fop'] },
    ...{ scope: 'Namespaced', spec: FAILOVER_POLICY_SPEC, isSpecRequired: true, status: CONDITIONS_ONLY },
    description: 'Where the requests of a service go, and when they go elsewhere.',
    columns: [TARGET, column('Threshold', '.spec.threshold')],
  },
  {
    ...{ ...ISTHMUS, kind: 'AccessPolicy', plural: 'accesspolicies', shortNames: ['acp'] },
    ...{ scope: 'Namespaced', spec: ACCESS_POLICY_SPEC, isSpecRequired: true, status: CONDITIONS_ONLY },
    description: 'Who may call a service.',
    columns: [TARGET],
  },
  {
    ...{ ...ISTHMUS, kind: 'TrustBundle', plural: 'trustbundles', shortNames: ['tb'], scope: 'Cluster' },
    description: 'The roots of trust that are in force in this cluster. Written by the controller.',
    status: TRUST_BUNDLE_STATUS,
    columns: [column('Version', '.status.version', 'integer')],
  },
];
