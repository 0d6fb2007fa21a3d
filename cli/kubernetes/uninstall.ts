/** Takes Isthmus out of a Kubernetes cluster: what it made there goes, what others made stays. */
import { CRD_COLLECTION, deleteAt, definitions, pathOf, readObject, type Api } from './apply-manifest.ts';
import type { KubeCluster } from './connect.ts';
import { dnsRoleObjects } from './dns-workload.ts';
import { refuseHelmRelease } from './helm-release.ts';
import { namespaceObject } from './objects.ts';
import { roleObjects } from './roles.ts';
import { until } from './until.ts';
import { webhookConfiguration } from './webhook-objects.ts';
import { isApiObject, isRecord, MANAGED_BY } from '../../mesh/adapters/kubernetes/api-object.ts';
import { DESIRED_KINDS } from '../../mesh/adapters/kubernetes/desired-objects.ts';
import { CONTROLLER, DNS, GATEWAY, NAMESPACE } from '../../mesh/adapters/kubernetes/installation.ts';
import { podAdminClient } from '../../mesh/adapters/kubernetes/pod-admin.ts';
import { collectionPath, objectPath, type ObjectKind } from '../../mesh/adapters/kubernetes/resources.ts';
import { orFail } from '../options.ts';
import { note } from '../output/print.ts';

const GONE_MS = 120_000;
const SELECTOR = Object.entries(MANAGED_BY)
  .map(([name, value]) => `${name}=${value}`)
  .join(',');

/** Can be repeated until nothing is left. */
export async function uninstallCluster({ api }: KubeCluster): Promise<void> {
  await refuseHelmRelease(
    api,
    ({ name, namespace }) =>
      `leave the mesh with isthmus leave --yes, then helm uninstall ${name} -n ${namespace}`,
  );
  await leave(api);
  // No pod shall wait for a webhook that nobody serves any more.
  await deleteAt(api, pathOf(webhookConfiguration()));
  await deletePrograms(api);
  note('✓ controllers and gateways gone');
  await deleteNamespace(api);
  // With their writer gone, nobody makes them anew.
  for (const kind of DESIRED_KINDS) await deleteOwn(api, kind);
  for (const role of [...roleObjects(), ...dnsRoleObjects()].filter(
    (object) => !('namespace' in (object as { metadata: object }).metadata),
  ))
    await deleteAt(api, pathOf(role));
  note(`✓ roles and ${await deleteKinds(api)} kinds removed`);
}

async function leave(api: Api): Promise<void> {
  const left = await podAdminClient(api).leave();
  if (left.ok) {
    const { told, notTold } = left.value;
    note(`✓ left the mesh; told ${told.length === 0 ? 'nobody' : told.join(', ')}`);
    if (notTold.length > 0)
      note(`  not reached: ${notTold.join(', ')}; on the founder run: isthmus evict <this cluster>`);
    return;
  }
  // A founder refuses while the mesh has other members: that is not to be overruled. Any other reason is why it is done.
  if (left.error.code === 'config_invalid') orFail(left);
  note(`  not told to the mesh: ${left.error.message}; on the founder run: isthmus evict <this cluster>`);
}

/** Before the namespace: one that is deleted with pods in it looks at them again only after half of their grace period. */
async function deletePrograms(api: Api): Promise<void> {
  for (const name of [CONTROLLER, GATEWAY, DNS])
    await deleteAt(api, `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/${name}`);
  await until({ what: 'the pods of Isthmus are gone', ms: GONE_MS }, async () => {
    const list = await readObject(api, `/api/v1/namespaces/${NAMESPACE}/pods`);
    return Array.isArray(list?.['items']) && list['items'].length > 0 ? undefined : true;
  });
}

async function deleteNamespace(api: Api): Promise<void> {
  const namespace = pathOf(namespaceObject());
  await deleteAt(api, namespace);
  await until({ what: `namespace ${NAMESPACE} is gone`, ms: GONE_MS }, async () =>
    (await readObject(api, namespace)) === undefined ? true : undefined,
  );
}

async function deleteOwn(api: Api, kind: ObjectKind): Promise<void> {
  const query = new URLSearchParams({ labelSelector: SELECTOR, ...kind.selector });
  const list = await readObject(api, `${collectionPath(kind)}?${query.toString()}`);
  const items = Array.isArray(list?.['items']) ? (list['items'] as unknown[]) : [];
  for (const object of items.filter(isApiObject)) {
    const { name, namespace } = object.metadata;
    await deleteAt(api, objectPath(kind, { name, ...(namespace === undefined ? {} : { namespace }) }));
  }
}

/** The definitions that an installation made; with them go all objects of those kinds, which takes an API server a moment. */
async function deleteKinds(api: Api): Promise<number> {
  const names = new Set(
    definitions().map((definition) => (definition as { metadata: { name: string } }).metadata.name),
  );
  const list = await readObject(api, `${CRD_COLLECTION}?labelSelector=${encodeURIComponent(SELECTOR)}`);
  const items = Array.isArray(list?.['items']) ? (list['items'] as unknown[]) : [];
  const ours = items
    .filter(isApiObject)
    .filter((object) => isRecord(object) && names.has(object.metadata.name));
  const paths = ours.map(({ metadata }) => `${CRD_COLLECTION}/${metadata.name}`);
  for (const path of paths) await deleteAt(api, path);
  for (const path of paths)
    await until({ what: `${path} is gone`, ms: GONE_MS }, async () =>
      (await readObject(api, path)) === undefined ? true : undefined,
    );
  return ours.length;
}
