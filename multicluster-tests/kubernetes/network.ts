/** The ground's network: one bridge, one namespace for each node, and in a flat layout the routes between their pods. */
import { run } from './run.ts';
import { BRIDGE_ADDRESS, NETWORK_NAMESPACES, type ClusterPlan, type GroundPlan } from './plan.ts';

const BRIDGE = 'lab0';

export async function makeNetwork(ground: GroundPlan): Promise<void> {
  await makeNamespace(ground.namespace);
  await ip(ground.namespace, 'link', 'add', BRIDGE, 'type', 'bridge');
  await ip(ground.namespace, 'address', 'add', `${BRIDGE_ADDRESS}/24`, 'dev', BRIDGE);
  await ip(ground.namespace, 'link', 'set', BRIDGE, 'up');
  for (const cluster of ground.clusters) await attachNode(ground, cluster);
  if (ground.layout === 'flat') await routePods(ground.clusters);
}

async function attachNode(ground: GroundPlan, { name, namespace, nodeAddress }: ClusterPlan): Promise<void> {
  await makeNamespace(namespace);
  const ends = ['add', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace];
  await ip(ground.namespace, 'link', ...ends);
  await ip(ground.namespace, 'link', 'set', name, 'master', BRIDGE, 'up');
  await ip(namespace, 'address', 'add', `${nodeAddress}/24`, 'dev', 'eth0');
  await ip(namespace, 'link', 'set', 'eth0', 'up');
  // It leads nowhere, and is needed: without a route, service addresses are unreachable before they are translated.
  await ip(namespace, 'route', 'add', 'default', 'via', BRIDGE_ADDRESS);
}

async function routePods(clusters: readonly ClusterPlan[]): Promise<void> {
  for (const from of clusters) {
    for (const to of clusters.filter((cluster) => cluster !== from)) {
      await ip(from.namespace, 'route', 'add', to.podRange, 'via', to.nodeAddress);
    }
  }
}

async function makeNamespace(namespace: string): Promise<void> {
  await run(['ip', 'netns', 'add', namespace]);
  await ip(namespace, 'link', 'set', 'lo', 'up');
}

/** Of a cluster's node to all others. What is sent over one that is down is lost without a word. */
export async function setLink(
  { plan }: { readonly plan: GroundPlan },
  cluster: { readonly plan: ClusterPlan },
  to: 'up' | 'down',
): Promise<void> {
  await ip(plan.namespace, 'link', 'set', cluster.plan.name, to);
}

async function ip(namespace: string, ...args: readonly string[]): Promise<void> {
  await run(['ip', '-n', namespace, ...args]);
}

/** The same command, run inside a network namespace; `ip netns exec` would hide the control groups from a kubelet. */
export function inNetwork(namespace: string, command: readonly string[]): string[] {
  return ['nsenter', `--net=${NETWORK_NAMESPACES}/${namespace}`, ...command];
}
