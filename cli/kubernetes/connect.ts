/** A connection to the Kubernetes cluster that a command is for; loaded only for it. */
import { createApiClient, type ApiClient } from '../../mesh/adapters/kubernetes/api-client.ts';
import { kubeconfigAccess } from '../../mesh/adapters/kubernetes/api-access-by-kubeconfig.ts';
import { orFail } from '../options.ts';
import type { KubeChoice } from './choice.ts';

export interface KubeCluster {
  /** Name of the context. */
  readonly context: string;
  readonly api: ApiClient;
}

/** Runs `use`, and ends the connections that it made. */
export async function withKube<T>(
  { kubeconfig, context }: KubeChoice,
  use: (cluster: KubeCluster) => Promise<T>,
): Promise<T> {
  const access = orFail(
    await kubeconfigAccess({
      ...(kubeconfig === undefined ? {} : { file: kubeconfig }),
      ...(context === undefined ? {} : { context }),
    }),
  );
  const api = createApiClient(access);
  try {
    return await use({ context: access.context, api });
  } finally {
    api.stop();
  }
}
