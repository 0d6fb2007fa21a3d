/** What is measured through: a Node application with one pod in west, and a pod in each cluster on whose network wrk runs. */
import type { Cluster } from '../cluster.ts';
import type { Ground } from '../ground.ts';
import { TOOLS } from '../images/ground-images.ts';
import { processesInPods } from '../node-processes.ts';

export const NAMESPACE = 'shop';
export const PATHS = ['whole path', 'local pair'] as const;
export type MeasuredPath = (typeof PATHS)[number];

/** Nothing else runs so: it is how the pod is found among the processes of its node. */
const CALLER_COMMAND = ['sleep', '86399'];
const CALLER = {
  ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'caller', namespace: NAMESPACE } },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [{ name: 'caller', image: TOOLS, command: CALLER_COMMAND }],
  },
};

/** It writes no log: what that takes would be measured too. */
const SERVER = `require('node:http').createServer((_, response) => response.end('hello')).listen(8080)`;
const labels = { app: 'hello' };
const DEPLOYMENT = {
  ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'hello', namespace: NAMESPACE } },
  spec: {
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: { containers: [{ name: 'hello', image: TOOLS, command: ['node', '-e', SERVER] }] },
    },
  },
};
export const SERVICE = {
  ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'hello', namespace: NAMESPACE } },
  spec: { selector: labels, ports: [{ port: 80, targetPort: 8080, appProtocol: 'http' }] },
};

/** Applies manifests of pods, with sidecars or so that they get some. */
export type Start = (cluster: Cluster, manifests: string) => Promise<void>;

export async function startApplication({ clusters }: Ground, start: Start): Promise<void> {
  const [east, west] = clusters as [Cluster, Cluster];
  await start(west, listOf([DEPLOYMENT, SERVICE, CALLER]));
  await start(east, listOf([CALLER]));
  await west.kubectl(['rollout', 'status', 'deployment/hello', '-n', NAMESPACE, '--timeout=120s']);
  for (const { kubectl } of clusters)
    await kubectl(['wait', '--for=condition=Ready', 'pod/caller', '-n', NAMESPACE, '--timeout=120s']);
}

function listOf(items: readonly object[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}

/** The application is in west alone: a caller in east takes the whole path, one in west the pair of sidecars. */
export function callerOf({ clusters }: Ground, path: MeasuredPath): Cluster {
  const [east, west] = clusters as [Cluster, Cluster];
  return path === 'whole path' ? east : west;
}

/** Of a process on whose network the caller of that cluster is. */
export function callerPid(cluster: Cluster): number {
  const [pid] = processesInPods(cluster, CALLER_COMMAND.join(' '));
  if (pid === undefined) throw new Error(`no caller in ${cluster.plan.name}`);
  return pid;
}
