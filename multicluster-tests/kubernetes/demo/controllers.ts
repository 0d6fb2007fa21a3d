/** The controllers of the clusters, asked through the API servers. */
import type { Controller } from '../../../examples/demo/gather.ts';
import { kubeconfigAccess } from '../../../mesh/adapters/kubernetes/api-access-by-kubeconfig.ts';
import { createApiClient, type ApiClient } from '../../../mesh/adapters/kubernetes/api-client.ts';
import { podAdminClient } from '../../../mesh/adapters/kubernetes/pod-admin.ts';
import type { ShopCluster } from './shop-cluster.ts';

export interface Controllers {
  readonly all: readonly Controller[];
  stop(): void;
}

const ANSWER_MS = 2000;

/** Only where the clusters can be reached: those of a ground, in its network namespace. */
export async function openControllers(clusters: readonly ShopCluster[]): Promise<Controllers> {
  const opened = await Promise.all(
    clusters.map(async (cluster) => ({ cluster: cluster.name, api: await openApi(cluster) })),
  );
  return {
    all: opened.map(({ cluster, api }) => ({ cluster, client: podAdminClient(hasty(api)) })),
    stop: () => opened.forEach(({ api }) => api.stop()),
  };
}

/** The picture goes on without a cluster that has fallen silent. */
function hasty({ request }: ApiClient): Pick<ApiClient, 'request'> {
  return { request: (asked) => request({ ...asked, signal: AbortSignal.timeout(ANSWER_MS) }) };
}

async function openApi({ name, kubeconfig }: ShopCluster): Promise<ApiClient> {
  const access = await kubeconfigAccess({ file: kubeconfig, context: name });
  if (!access.ok) throw new Error(access.error.message);
  return createApiClient(access.value);
}
