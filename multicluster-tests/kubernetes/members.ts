/**
 * The clusters of a ground as members of one mesh: controller and gateway of each run beside the clusters, in the ground's
 * network, and keep their objects in the API servers.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import path from 'node:path';
import { ROOT, until } from '../../examples/demo/processes.ts';
import { kubeconfigFile } from './certificates.ts';
import type { Cluster } from './cluster.ts';
import type { Ground } from './ground.ts';
import { inNetwork } from './network.ts';
import { BRIDGE_ADDRESS } from './plan.ts';
import { run } from './run.ts';

const CLI = path.join(ROOT, 'dist', 'cli', 'isthmus.js');
const CRDS = path.join(ROOT, 'deploy', 'crds');
const FIRST_PORT = 15_443;
const READY_MS = 30_000;

export interface Members {
  /** Runs `isthmus <args>` for this cluster. */
  isthmus(cluster: Cluster, ...args: readonly string[]): Promise<string>;
  stopOne(cluster: Cluster): Promise<void>;
  startOne(cluster: Cluster): void;
  stop(): Promise<void>;
}

/** Installs the kinds of Isthmus in each, joins all of them to the first, and waits until their links are up. */
export async function startMembers({ plan, clusters }: Ground): Promise<Members> {
  const [founder] = clusters;
  if (founder === undefined) throw new Error('a mesh has a founder');
  const running = new Map<Cluster, ChildProcess>();
  const folder = (cluster: Cluster): string => path.join(cluster.plan.folder, 'isthmus');
  const command = (cluster: Cluster, args: readonly string[]): string[] =>
    inNetwork(plan.namespace, [process.execPath, CLI, '--dir', folder(cluster), ...args]);
  const members: Members = {
    isthmus: (cluster, ...args) => run(command(cluster, args)),
    startOne(cluster) {
      const [program = '', ...args] = command(cluster, ['up']);
      const log = openSync(path.join(cluster.plan.folder, 'isthmus.log'), 'a');
      running.set(cluster, spawn(program, args, { stdio: ['ignore', log, log] }));
    },
    async stopOne(cluster) {
      const child = running.get(cluster);
      running.delete(cluster);
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      // Once more ends the gateway at once: nothing is served here that would have to be drained.
      setTimeout(() => child.kill('SIGTERM'), 1000).unref();
      await once(child, 'exit');
    },
    stop: async () =>
      void (await Promise.all([...running.keys()].map((cluster) => members.stopOne(cluster)))),
  };
  await Promise.all(clusters.map(install));
  for (const [i, cluster] of clusters.entries()) {
    const { region, zone } = cluster.plan;
    const place = [
      ...['--region', region, '--zone', zone, '--gateway', `${BRIDGE_ADDRESS}:${FIRST_PORT + i}`],
      ...['--kubeconfig', kubeconfigFile(cluster.plan, 'admin')],
    ];
    if (cluster === founder) {
      await members.isthmus(cluster, 'init', '--mesh', 'acme', '--cluster', cluster.plan.name, ...place);
    } else {
      const token = await members.isthmus(founder, 'token', 'create', '--cluster', cluster.plan.name);
      await members.isthmus(cluster, 'join', token.trim(), ...place);
    }
    members.startOne(cluster);
    await ready(members, cluster, 1);
  }
  await Promise.all(clusters.map((cluster) => ready(members, cluster, clusters.length)));
  return members;
}

async function install({ kubectl }: Cluster): Promise<void> {
  await kubectl(['apply', '--server-side', '-f', CRDS]);
  await kubectl(['create', 'namespace', 'isthmus-system']);
  await kubectl(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
}

interface Status {
  readonly clusters: readonly {
    readonly gateways: number;
    readonly link: { readonly state: string } | null;
  }[];
}

async function ready(members: Members, cluster: Cluster, count: number): Promise<void> {
  await until(`${cluster.plan.name} with ${count} clusters`, READY_MS, async () => {
    const text = await members.isthmus(cluster, 'status', '-o', 'json').catch(() => '{"clusters":[]}');
    const { clusters } = JSON.parse(text) as Status;
    return clusters.filter(({ gateways }) => gateways > 0).length === count ? true : undefined;
  });
}
