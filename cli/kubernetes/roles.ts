/** What the programs may do in their cluster: every verb that they use, and none more. */
import {
  CONTROLLER,
  MESH_CONFIG_MAP,
  NAMESPACE,
  ORDER_SECRET,
  TRUST_SECRET,
  WEBHOOK,
  WEBHOOK_SECRET,
} from '../../mesh/adapters/kubernetes/installation.ts';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

const RBAC = 'rbac.authorization.k8s.io';
const FOLLOW = ['list', 'watch'];
/** Server-side apply is a patch; it needs `create` too where the object is not there yet. */
const OWN = ['list', 'watch', 'create', 'patch', 'delete'];

/** In all namespaces: read what the mesh is made of, write only what the mesh shows. */
const CLUSTER_RULES: readonly Rule[] = [
  { apiGroups: [''], resources: ['namespaces'], verbs: FOLLOW },
  // What stands behind a clusterset IP is a Service of its own, with its EndpointSlices.
  { apiGroups: [''], resources: ['services'], verbs: OWN },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: OWN },
  { apiGroups: ['multicluster.x-k8s.io'], resources: ['serviceexports'], verbs: FOLLOW },
  { apiGroups: ['multicluster.x-k8s.io'], resources: ['serviceimports'], verbs: OWN },
  {
    ...{ apiGroups: ['multicluster.x-k8s.io'], verbs: ['patch'] },
    resources: ['serviceexports/status', 'serviceimports/status'],
  },
  { apiGroups: ['about.k8s.io'], resources: ['clusterproperties'], verbs: OWN },
  { apiGroups: ['isthmus.dev'], resources: ['failoverpolicies', 'accesspolicies'], verbs: FOLLOW },
  { apiGroups: ['isthmus.dev'], resources: ['meshclusters', 'trustbundles'], verbs: OWN },
  { apiGroups: ['isthmus.dev'], resources: ['meshclusters/status', 'trustbundles/status'], verbs: ['patch'] },
  {
    ...{ apiGroups: ['isthmus.dev'], verbs: ['patch'] },
    resources: ['failoverpolicies/status', 'accesspolicies/status'],
  },
  // One in each namespace, of one name; that cannot be said of `create`.
  {
    ...{ apiGroups: [''], resources: ['configmaps'], resourceNames: [MESH_CONFIG_MAP] },
    verbs: ['list', 'watch', 'patch', 'delete'],
  },
  { apiGroups: [''], resources: ['configmaps'], verbs: ['create'] },
  // To say whom API servers trust the webhook by; `isthmus init` makes it.
  {
    ...{ apiGroups: ['admissionregistration.k8s.io'], resources: ['mutatingwebhookconfigurations'] },
    ...{ resourceNames: [WEBHOOK], verbs: ['get', 'patch'] },
  },
  { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
];

/** In the namespace of Isthmus. Secrets are named: no others can be read, and none listed. */
const OWN_RULES: readonly Rule[] = [
  {
    ...{ apiGroups: [''], resources: ['secrets'] },
    resourceNames: [TRUST_SECRET, ORDER_SECRET, WEBHOOK_SECRET],
    verbs: ['get', 'patch'],
  },
  { apiGroups: [''], resources: ['configmaps'], verbs: ['list', 'patch', 'delete'] },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
  {
    ...{ apiGroups: ['coordination.k8s.io'], resources: ['leases'], resourceNames: [CONTROLLER] },
    verbs: ['get', 'update'],
  },
];

export function roleObjects(): readonly object[] {
  const subjects = [{ kind: 'ServiceAccount', namespace: NAMESPACE, name: CONTROLLER }];
  const bind = (kind: 'Role' | 'ClusterRole'): object => ({
    ...{ subjects, roleRef: { apiGroup: RBAC, kind, name: CONTROLLER } },
  });
  const own = { namespace: NAMESPACE, name: CONTROLLER };
  const everywhere = { name: CONTROLLER };
  const apiVersion = `${RBAC}/v1`;
  return [
    { apiVersion, kind: 'ClusterRole', metadata: everywhere, rules: CLUSTER_RULES },
    { apiVersion, kind: 'ClusterRoleBinding', metadata: everywhere, ...bind('ClusterRole') },
    { apiVersion, kind: 'Role', metadata: own, rules: OWN_RULES },
    { apiVersion, kind: 'RoleBinding', metadata: own, ...bind('Role') },
  ];
}
