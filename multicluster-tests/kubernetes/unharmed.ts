/** What hostile objects must leave as it is: calls of a good service, and what nobody touches. */
import { NAMESPACE } from '../../mesh/adapters/kubernetes/installation.ts';
import { ask } from './answering.ts';
import type { Cluster } from './cluster.ts';

/** What must stay as it is: objects of the namespace `good` and of the system, restarts of our pods, and who leads. */
export async function steadyState({ kubectl }: Cluster): Promise<string> {
  const versions =
    'jsonpath={range .items[*]}{.kind} {.metadata.name} {.metadata.resourceVersion}{"\\n"}{end}';
  const kinds = 'services,serviceexports.multicluster.x-k8s.io,serviceimports.multicluster.x-k8s.io';
  const restarts =
    'jsonpath={range .items[*]}{.metadata.name} {.status.containerStatuses[*].restartCount}{"\\n"}{end}';
  const holders = 'jsonpath={.items[*].spec.holderIdentity}';
  const found = await Promise.all([
    kubectl(['get', kinds, '-n', 'good', '-o', versions]),
    kubectl(['get', 'services', '-n', 'kube-system', '-o', versions]),
    kubectl(['get', 'services', '-n', 'default', '-o', versions]),
    kubectl(['get', 'pods', '-n', NAMESPACE, '-o', restarts]),
    kubectl(['get', 'leases', '-n', NAMESPACE, '-o', holders]),
  ]);
  return found.join('---\n');
}

export interface Calling {
  /** Ends it; answers what it has seen. */
  stop(): Promise<{ readonly calls: number; readonly answers: number }>;
}

/** Calls on and on, from the asker of this cluster. */
export function startCalling(from: Cluster, host: string): Calling {
  let isAsking = true;
  const run = async (): Promise<{ readonly calls: number; readonly answers: number }> => {
    let [calls, answers] = [0, 0];
    while (isAsking) {
      calls += 20;
      answers += (await ask(from, host, { times: 20 })).length;
    }
    return { calls, answers };
  };
  const asked = run();
  return {
    stop() {
      isAsking = false;
      return asked;
    },
  };
}
