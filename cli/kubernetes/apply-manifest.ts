/** Objects as manifests, applied and deleted by the API server; a refusal ends the command. */
import { customResourceDefinition } from '../../crds/custom-resource.ts';
import { CUSTOM_RESOURCES } from '../../crds/custom-resources.ts';
import type { ApiClient } from '../../mesh/adapters/kubernetes/api-client.ts';
import { isRecord, MANAGED_BY } from '../../mesh/adapters/kubernetes/api-object.ts';
import { collectionPath, objectPath, type ObjectKind } from '../../mesh/adapters/kubernetes/resources.ts';
import { orFail } from '../options.ts';

export type Api = Pick<ApiClient, 'request'>;

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

const PLURALS: Readonly<Record<string, string>> = {
  ...{
    Namespace: 'namespaces',
    ServiceAccount: 'serviceaccounts',
    Secret: 'secrets',
    ConfigMap: 'configmaps',
  },
  ...{ Service: 'services', Deployment: 'deployments', PodDisruptionBudget: 'poddisruptionbudgets' },
  ...{ ClusterRole: 'clusterroles', ClusterRoleBinding: 'clusterrolebindings' },
  ...{ Role: 'roles', RoleBinding: 'rolebindings', CustomResourceDefinition: 'customresourcedefinitions' },
};

/** Owner of the fields that an installation states; the controller's own writes have another one. */
const FIELD_MANAGER = 'isthmus-install';
const NOT_FOUND = 404;

function kindOf({ apiVersion, kind }: Pick<Manifest, 'apiVersion' | 'kind'>): ObjectKind {
  return { apiVersion, kind, plural: PLURALS[kind] ?? `${kind.toLowerCase()}s` };
}

/** Adds the label by which `isthmus uninstall` knows what it may take away. */
export function ownedManifest(object: object): Manifest {
  const manifest = object as Manifest;
  const labels = { ...manifest.metadata.labels, ...MANAGED_BY };
  return { ...manifest, metadata: { ...manifest.metadata, labels } };
}

/** Answers the object as it is now. */
export async function applyManifest(api: Api, object: object): Promise<unknown> {
  const manifest = ownedManifest(object);
  const applied = await api.request({
    ...{ method: 'PATCH', path: objectPath(kindOf(manifest), manifest.metadata) },
    query: { fieldManager: FIELD_MANAGER, force: 'true' },
    contentType: 'application/apply-patch+yaml',
    body: manifest,
  });
  return orFail(applied).body;
}

/** Undefined: it is not there. */
export async function readObject(
  api: Api,
  path: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const answer = await api.request({ method: 'GET', path });
  if (!answer.ok && answer.error.status === NOT_FOUND) return undefined;
  const { body } = orFail(answer);
  return isRecord(body) ? body : undefined;
}

/** With what hangs on it; what is not there is fine. */
export async function deleteAt(api: Api, path: string): Promise<void> {
  const deleted = await api.request({ method: 'DELETE', path, query: { propagationPolicy: 'Background' } });
  if (!deleted.ok && deleted.error.status !== NOT_FOUND) orFail(deleted);
}

export function pathOf(manifest: object): string {
  return objectPath(kindOf(manifest as Manifest), (manifest as Manifest).metadata);
}

/** Where the definitions of our kinds lie. */
export const CRD_COLLECTION = collectionPath({
  ...{ apiVersion: 'apiextensions.k8s.io/v1', plural: 'customresourcedefinitions' },
});

/** Our definitions, in the order of crds/custom-resources.ts. */
export function definitions(): readonly object[] {
  return CUSTOM_RESOURCES.map(customResourceDefinition);
}
