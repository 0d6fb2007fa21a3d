/** The demo on two clusters of kind, with the image that deploy/Containerfile describes, built by this machine's docker. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SITES } from '../../../examples/demo/mesh.ts';
import { ROOT } from '../../../examples/demo/processes.ts';
import { INTERRUPTED, type RunOptions } from '../../../examples/demo/run-demo.ts';
import { DNS, NAMESPACE } from '../../../mesh/adapters/kubernetes/installation.ts';
import { CLI, formMesh } from '../members.ts';
import { run } from '../run.ts';
import { kindNode, loadOnKind, removeFromKind, standingOnKind, startOnKind } from './kind.ts';
import type { ShopCluster } from './shop-cluster.ts';
import { showShop } from './show-shop.ts';
import { tryOnKind } from './what-to-try.ts';

const IMAGE = 'isthmus:demo';
const BUILD_MS = 900_000;
const JOINED_MS = 180_000;
const EAST_AND_WEST = SITES.filter(({ name }) => name === 'east' || name === 'west');
const NAMES = EAST_AND_WEST.map(({ name }) => name);

export interface KindOptions extends Pick<RunOptions, 'say' | 'interrupted'> {
  /** Told why there is nothing to show. */
  complain(problem: string): void;
  readonly rate: number | undefined;
}

/** Answers the exit status. */
export async function showOnKind(options: KindOptions): Promise<number> {
  const standing = await standingOnKind(NAMES);
  if (standing.length > 0) {
    options.complain(
      `a demo is up already: end it first, or what it left: kind delete clusters ${standing.join(' ')}`,
    );
    return 1;
  }
  const folder = await mkdtemp(path.join(tmpdir(), 'isthmus-demo-'));
  const kubeconfig = path.join(folder, 'kubeconfig');
  try {
    return await show(kubeconfig, options);
  } finally {
    options.say('removing the clusters');
    await removeFromKind(NAMES, kubeconfig);
    await rm(folder, { recursive: true, force: true });
  }
}

async function show(kubeconfig: string, options: KindOptions): Promise<number> {
  const { say, interrupted } = options;
  say(`building ${IMAGE} of deploy/Containerfile`);
  await run(['docker', 'build', '-t', IMAGE, '-f', path.join(ROOT, 'deploy', 'Containerfile'), ROOT], {
    timeoutMs: BUILD_MS,
  });
  say(`starting ${NAMES.join(', ')} by kind`);
  const clusters = await startOnKind(NAMES, kubeconfig);
  await loadOnKind(NAMES, IMAGE);
  say('installing Isthmus in east, joining west to it');
  await join(kubeconfig);
  await Promise.all(clusters.map(askOurDns));
  if (interrupted.aborted) return INTERRUPTED;
  const nodeAddress = await addressOf(clusters[0]);
  const whatToTry = (): string => tryOnKind(kubeconfig, kindNode('west'));
  return showShop({ clusters, image: IMAGE, nodeAddress, whatToTry }, options);
}

async function join(kubeconfig: string): Promise<void> {
  const env = { KUBECONFIG: kubeconfig };
  await formMesh(
    EAST_AND_WEST.map(({ name, region, zone }) => ({
      name,
      install: [
        ...['--region', region, '--zone', zone, '--image', IMAGE],
        // Nothing gives load balancers addresses there, and its CoreDNS has no multicluster plugin.
        ...['--gateway-service', 'NodePort', '--dns'],
      ],
      isthmus: (...args) =>
        run([process.execPath, CLI, '--context', name, ...args], {
          ...{ env, timeoutMs: JOINED_MS, withErrors: true },
        }),
    })),
  );
}

/** Has the cluster's DNS ask ours for clusterset.local, as `isthmus init` says it. */
async function askOurDns({ kubectl }: ShopCluster): Promise<void> {
  const read = (...args: readonly string[]): Promise<string> => kubectl(['get', ...args]);
  const address = await read('service', DNS, '-n', NAMESPACE, '-o', 'jsonpath={.spec.clusterIP}');
  const coredns = ['configmap', 'coredns', '-n', 'kube-system'];
  const corefile = await read(...coredns, '-o', 'jsonpath={.data.Corefile}');
  const zone = `clusterset.local:53 {\n    errors\n    cache 5\n    forward . ${address}\n}\n`;
  const data = { Corefile: `${corefile.trimEnd()}\n${zone}` };
  await kubectl(['patch', ...coredns, '--type', 'merge', '-p', JSON.stringify({ data })]);
  await kubectl(['rollout', 'restart', 'deployment/coredns', '-n', 'kube-system']);
  await kubectl(['rollout', 'status', 'deployment/coredns', '-n', 'kube-system', '--timeout=120s']);
}

async function addressOf(cluster: ShopCluster | undefined): Promise<string> {
  const path = '{.items[0].status.addresses[?(@.type=="InternalIP")].address}';
  const addresses = await cluster?.kubectl(['get', 'nodes', '-o', `jsonpath=${path}`]);
  const [address] = addresses?.split(' ') ?? [];
  if (address === undefined || address === '')
    throw new Error('the node of the first cluster has no address');
  return address;
}
