/**
 * A node: one process whose end is the end of everything on it. It holds mount and process namespaces of the node's
 * own, so that containers, their mounts and their network namespaces go with it, whatever state they are in; and the
 * node's programs keep to their usual places (/var/lib, /var/log, /run) without touching the machine's.
 */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { makeControlGroup } from './control-groups.ts';
import { inNetwork } from './network.ts';
import type { ClusterPlan } from './plan.ts';
import { startLogged, type Program } from './program.ts';
import { untilReady } from './until-ready.ts';

export interface Node {
  /** The same command, run on the node. */
  on(command: readonly string[]): string[];
  /** Starts a program on the node; it goes on when this process ends. */
  start(name: string, command: readonly string[]): Program;
}

/** The last line keeps no dead children: whoever ignores their end need not wait for them. */
const INIT = `
mount --make-rshared /
mount --bind "$1/lib" /var/lib
mount --bind "$1/log" /var/log
mount -t tmpfs -o mode=755 tmpfs /run
touch "$1/open"
exec env --ignore-signal=CHLD sleep infinity
`;

export async function openNode(plan: ClusterPlan): Promise<Node> {
  const { folder } = plan;
  for (const name of ['lib', 'log']) await mkdir(path.join(folder, name), { recursive: true });
  await makeControlGroup(plan.cgroup);
  const namespaces = ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const init = inNetwork(plan.namespace, [...namespaces, 'bash', '-euc', INIT, 'init', folder]);
  const holder = startLogged('node', logOf(plan, 'node'), init);
  const { pid } = holder;
  await untilReady(holder, 'the node', () => existsSync(path.join(folder, 'open')));
  const enter = ['nsenter', `--target=${pid}`, '--net', '--mount', `--pid=/proc/${pid}/ns/pid_for_children`];
  const on = (command: readonly string[]): string[] => [...enter, ...command];
  return { on, start: (name, command) => startLogged(name, logOf(plan, name), on(command)) };
}

export function logOf(plan: ClusterPlan, program: string): string {
  return path.join(plan.folder, 'log', `${program}.log`);
}
