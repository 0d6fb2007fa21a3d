/** What goes wrong in production, one at a time, on real clusters under load; and how much of it a client may notice. */
import { NAMESPACE } from '../../../mesh/adapters/kubernetes/installation.ts';
import type { Cluster } from '../cluster.ts';
import type { Ground } from '../ground.ts';
import { setLink } from '../network.ts';
import { killAll, pauseOne, resumeAll } from '../node-processes.ts';

export interface Scene {
  readonly ground: Ground;
  /** Calls. */
  readonly east: Cluster;
  readonly west: Cluster;
  /** Of the service, and of the caller. */
  readonly namespace: string;
}

export interface Stimulus {
  readonly name: string;
  /** Where the service is: with endpoints in the caller's cluster alone first, or with half of the requests in each. */
  readonly order: 'local-first' | 'halves';
  /** Of load; the stimulus comes after `QUIET_SECONDS`. */
  readonly seconds: number;
  /** Requests that may be lost at most, and for how long after the stimulus, milliseconds. */
  readonly bound: { readonly lost: number; readonly lastMs?: number };
  /** What Istio lost on such clusters, on a machine of this kind: two networks, its default retries and outlier detection. */
  readonly istio: string;
  act(scene: Scene): Promise<void>;
  /** After the load. */
  mend(scene: Scene): Promise<void>;
}

export const QUIET_SECONDS = 4;
/** In the command of the sidecars of the service's pods. */
export const SERVING = '--service hello ';
const GATEWAY = 'deployment/isthmus-gateway';

export const STIMULI: readonly Stimulus[] = [
  {
    name: 'local pods force-deleted: the other cluster takes over',
    ...{ order: 'local-first', seconds: 12, bound: { lost: 0 }, istio: '0 of 3,600' },
    async act({ east, namespace }) {
      await scale(east, namespace, 0);
      await forceDelete(east, namespace, 'app=hello');
    },
    async mend({ east, namespace }) {
      await scale(east, namespace, 2);
      await rolledOut(east, 'deployment/hello', namespace);
    },
  },
  {
    name: 'the other cluster falls silent (link down) while it serves half',
    ...{
      order: 'halves',
      seconds: 60,
      bound: { lost: 30, lastMs: 2000 },
      istio: '1,382 of 18,000, last after 9.3 s',
    },
    act: ({ ground, west }) => setLink(ground, west, 'down'),
    mend: ({ ground, west }) => setLink(ground, west, 'up'),
  },
  {
    name: 'gateways of the other cluster killed',
    ...{ order: 'halves', seconds: 20, bound: { lost: 2 }, istio: '2 of 6,000' },
    act: ({ west }) => forceDelete(west, NAMESPACE, 'app.kubernetes.io/component=isthmus-gateway'),
    mend: ({ west }) => rolledOut(west, GATEWAY, NAMESPACE),
  },
  {
    name: 'gateways of the other cluster restarted, one after the other',
    // Until the last of them has closed what it had.
    ...{ order: 'halves', seconds: 75, bound: { lost: 0 }, istio: '0 of 6,000' },
    act: ({ west }) => restart(west, GATEWAY, NAMESPACE),
    mend: ({ west }) => rolledOut(west, GATEWAY, NAMESPACE),
  },
  {
    name: 'pods of the other cluster restarted, one after the other',
    ...{ order: 'halves', seconds: 30, bound: { lost: 0 }, istio: 'not measured' },
    act: ({ west, namespace }) => restart(west, 'deployment/hello', namespace),
    mend: ({ west, namespace }) => rolledOut(west, 'deployment/hello', namespace),
  },
  {
    name: 'one of two pods of the other cluster: its sidecar killed',
    ...{ order: 'halves', seconds: 20, bound: { lost: 0 }, istio: 'not measured' },
    act: ({ west }) => Promise.resolve(killAll(west, SERVING, 1)),
    mend: ({ west, namespace }) => rolledOut(west, 'deployment/hello', namespace),
  },
  {
    name: 'one of two pods of the other cluster: its sidecar stopped, and silent',
    ...{ order: 'halves', seconds: 30, bound: { lost: 30, lastMs: 5000 }, istio: 'not measured' },
    act: ({ west }) => Promise.resolve(pauseOne(west, SERVING)),
    async mend({ west, namespace }) {
      resumeAll(west, SERVING);
      await rolledOut(west, 'deployment/hello', namespace);
    },
  },
];

async function scale({ kubectl }: Cluster, namespace: string, replicas: number): Promise<void> {
  await kubectl(['scale', 'deployment/hello', '-n', namespace, `--replicas=${replicas}`]);
}

async function forceDelete({ kubectl }: Cluster, namespace: string, selector: string): Promise<void> {
  await kubectl(['delete', 'pods', '-n', namespace, '-l', selector, '--grace-period=0', '--force']);
}

async function restart({ kubectl }: Cluster, what: string, namespace: string): Promise<void> {
  await kubectl(['rollout', 'restart', what, '-n', namespace]);
}

export async function rolledOut({ kubectl }: Cluster, what: string, namespace: string): Promise<void> {
  await kubectl(['rollout', 'status', what, '-n', namespace, '--timeout=180s']);
}
