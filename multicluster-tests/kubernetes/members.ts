/** The clusters of a ground as members of one mesh, installed and joined by the command line as a user would. */
import path from 'node:path';
import { ROOT, until } from '../../examples/demo/processes.ts';
import { CONTROLLER, GATEWAY, NAMESPACE } from '../../mesh/adapters/kubernetes/installation.ts';
import { kubeconfigFile } from './certificates.ts';
import type { Cluster } from './cluster.ts';
import type { Ground } from './ground.ts';
import { TOOLS } from './images/ground-images.ts';
import { inNetwork } from './network.ts';
import { run } from './run.ts';

/** The command line, built. */
export const CLI = path.join(ROOT, 'dist', 'cli', 'isthmus.js');
const DEPLOYMENTS = [`deployment/${CONTROLLER}`, `deployment/${GATEWAY}`];
/** What the ground has: no load balancer, and its own image. */
export const INSTALL = ['--image', TOOLS, '--gateway-service', 'NodePort'];
const READY_MS = 60_000;
const COMMAND_MS = 180_000;

export interface Members {
  /** Runs `isthmus --context <this cluster> <args>`, with the contexts of all; answers both outputs. */
  isthmus(cluster: Cluster, ...args: readonly string[]): Promise<string>;
  /** The manifests with sidecars: `isthmus inject -f - <args>`. */
  inject(manifests: string, ...args: readonly string[]): Promise<string>;
  /** Ends all its pods of Isthmus. */
  stopOne(cluster: Cluster): Promise<void>;
  startOne(cluster: Cluster): Promise<void>;
}

export function openMembers({ plan, clusters }: Ground): Members {
  const env = { KUBECONFIG: clusters.map((cluster) => kubeconfigFile(cluster.plan, 'admin')).join(':') };
  const scale = async ({ kubectl }: Cluster, replicas: number): Promise<void> => {
    await kubectl(['scale', ...DEPLOYMENTS, '-n', NAMESPACE, `--replicas=${replicas}`]);
  };
  return {
    isthmus: (cluster, ...args) =>
      run(inNetwork(plan.namespace, [process.execPath, CLI, '--context', cluster.plan.name, ...args]), {
        ...{ env, timeoutMs: COMMAND_MS, withErrors: true },
      }),
    inject: (manifests, ...args) =>
      run([process.execPath, CLI, 'inject', '-f', '-', ...args], { input: manifests }),
    async stopOne(cluster) {
      await scale(cluster, 0);
      const kill = ['delete', 'pods', '--all', '-n', NAMESPACE, '--grace-period=1', '--wait=true'];
      await cluster.kubectl(kill);
    },
    async startOne(cluster) {
      await scale(cluster, 2);
      await cluster.kubectl(['rollout', 'status', ...DEPLOYMENTS, '-n', NAMESPACE, '--timeout=60s']);
    },
  };
}

/** Joins all of them to the first, and waits until all links are up. */
export async function startMembers(ground: Ground): Promise<Members> {
  const members = openMembers(ground);
  const flat = ground.plan.layout === 'flat' ? ['--network', 'lab'] : [];
  await formMesh(
    ground.clusters.map((cluster) => ({
      ...{ name: cluster.plan.name, install: [...placeOf(cluster), ...INSTALL, ...flat] },
      isthmus: (...args) => members.isthmus(cluster, ...args),
    })),
  );
  return members;
}

/** A cluster that is to be one of a mesh. */
export interface Newcomer {
  /** Its context. */
  readonly name: string;
  /** What `init` and `join` are told of the cluster. */
  readonly install: readonly string[];
  /** Runs the command line with its context, and with those of the others at hand. */
  isthmus(...args: readonly string[]): Promise<string>;
}

/** The first makes the mesh, and the others join it one by one; resolves when all links are up. */
export async function formMesh(newcomers: readonly Newcomer[]): Promise<void> {
  const [founder, ...others] = newcomers;
  if (founder === undefined) throw new Error('a mesh has a founder');
  await founder.isthmus('init', '--mesh', 'acme', ...founder.install);
  for (const { isthmus, install } of others) await isthmus('join', '--to', founder.name, ...install);
  await Promise.all(newcomers.map((one) => ready(one, newcomers.length)));
}

export function placeOf({ plan: { region, zone } }: Cluster): readonly string[] {
  return ['--region', region, '--zone', zone];
}

interface Status {
  readonly clusters: readonly {
    readonly gateways: number;
    readonly link: { readonly state: string } | null;
  }[];
}

async function ready({ name, isthmus }: Newcomer, count: number): Promise<void> {
  await until(`${name} with ${count} clusters`, READY_MS, async () => {
    const text = await isthmus('status', '-o', 'json').catch(() => '{"clusters":[]}');
    const { clusters } = JSON.parse(text) as Status;
    return clusters.filter(({ gateways }) => gateways > 0).length === count ? true : undefined;
  });
}
