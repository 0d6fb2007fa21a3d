/** Whether the pods of an installation run, and if not, what the cluster says about it. */
import { isRecord } from '../../mesh/adapters/kubernetes/api-object.ts';
import { NAMESPACE } from '../../mesh/adapters/kubernetes/installation.ts';
import { readObject, type Api } from './apply-manifest.ts';
import { until } from './until.ts';

const READY_MS = 120_000;

/** Resolves with `2/2` when all pods of the newest form are ready. */
export function untilReady(api: Api, name: string): Promise<string> {
  const path = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/${name}`;
  const wait = { what: `deployment ${name} is ready`, ms: READY_MS, why: () => complaint(api, name) };
  return until(wait, async () => readyCount(await readObject(api, path)));
}

function readyCount(deployment: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const { metadata, spec, status } = deployment ?? {};
  if (!isRecord(metadata) || !isRecord(spec) || !isRecord(status)) return undefined;
  const { replicas } = spec;
  const isNewest =
    status['observedGeneration'] === metadata['generation'] &&
    status['updatedReplicas'] === replicas &&
    status['replicas'] === replicas;
  return isNewest && status['availableReplicas'] === replicas
    ? `${String(replicas)}/${String(replicas)}`
    : undefined;
}

/** Why its pods do not run, in the words of the kubelet or the scheduler. */
export async function complaint(api: Api, name: string): Promise<string | undefined> {
  const answer = await api.request({
    ...{ method: 'GET', path: `/api/v1/namespaces/${NAMESPACE}/pods` },
    query: { labelSelector: `app.kubernetes.io/component=${name}` },
  });
  if (!answer.ok || !isRecord(answer.value.body)) return undefined;
  const { items } = answer.value.body;
  const pods = Array.isArray(items) ? (items as unknown[]) : [];
  if (pods.length === 0) return 'it has no pods; see kubectl -n isthmus-system describe replicasets';
  return pods.map(complaintOf).find((text) => text !== undefined);
}

function complaintOf(pod: unknown): string | undefined {
  const status = isRecord(pod) && isRecord(pod['status']) ? pod['status'] : {};
  const containers = Array.isArray(status['containerStatuses'])
    ? (status['containerStatuses'] as unknown[])
    : [];
  for (const container of containers) {
    const state = isRecord(container) && isRecord(container['state']) ? container['state'] : {};
    const { waiting } = state;
    if (isRecord(waiting)) return [waiting['reason'], waiting['message']].filter(Boolean).join(': ');
  }
  const conditions = Array.isArray(status['conditions']) ? (status['conditions'] as unknown[]) : [];
  const failed = conditions.find((condition) => isRecord(condition) && condition['status'] === 'False');
  return isRecord(failed) ? [failed['reason'], failed['message']].filter(Boolean).join(': ') : undefined;
}
