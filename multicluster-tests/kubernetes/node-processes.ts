/**
 * The processes on a cluster's node, seen and killed from the machine: while an API server is away, nothing else leads to
 * what its pods do.
 */
import { readFileSync } from 'node:fs';
import { until } from '../../examples/demo/processes.ts';
import type { Cluster } from './cluster.ts';
import { readProcesses, type Process } from './footprint.ts';

const BACK_MS = 120_000;
/** TCP_LISTEN, as /proc/net/tcp has it. */
const LISTENING = '0A';

/** Its API server keeps its connections, and takes new ones, but answers nothing until the returned function is called. */
export function freezeApiServer({ plan }: Cluster): () => void {
  const [pid] = pidsOf((one) => one.command.includes('kube-apiserver') && one.command.includes(plan.folder));
  if (pid === undefined) throw new Error(`${plan.name} has no API server`);
  process.kill(pid, 'SIGSTOP');
  return () => void process.kill(pid, 'SIGCONT');
}

/** Ids of the main processes of containers, by a part of their command line. */
export function processesInPods({ plan }: Cluster, command: string): number[] {
  const isInPod = ({ groups }: Process): boolean =>
    groups.some((group) => group.includes(`/${plan.cgroup}/`));
  return pidsOf((one) => isInPod(one) && one.command.includes(command));
}

export function killAll(cluster: Cluster, command: string, most = Infinity): void {
  for (const pid of processesInPods(cluster, command).slice(0, most)) process.kill(pid, 'SIGKILL');
}

/** Its connections stay, and it answers nothing until `resumeAll`. */
export function pauseOne(cluster: Cluster, command: string): void {
  const [pid] = processesInPods(cluster, command);
  if (pid === undefined) throw new Error(`${cluster.plan.name} has no ${command}`);
  process.kill(pid, 'SIGSTOP');
}

export function resumeAll(cluster: Cluster, command: string): void {
  for (const pid of processesInPods(cluster, command)) process.kill(pid, 'SIGCONT');
}

/** Kills them one after the other, each when the one before has come back and listens on the port again. */
export async function killEach(cluster: Cluster, command: string, port: number): Promise<void> {
  for (const pid of processesInPods(cluster, command)) {
    const others = new Set(processesInPods(cluster, command));
    process.kill(pid, 'SIGKILL');
    await until(`${command} in ${cluster.plan.name} again`, BACK_MS, () => {
      const back = processesInPods(cluster, command).find((one) => !others.has(one));
      return Promise.resolve(back !== undefined && listens(back, port) ? true : undefined);
    });
  }
}

function listens(pid: number, port: number): boolean {
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return ['tcp', 'tcp6'].some((kind) =>
    readLines(`/proc/${pid}/net/${kind}`).some((line) => {
      const [, local = '', , state] = line.trim().split(/\s+/);
      return local.endsWith(end) && state === LISTENING;
    }),
  );
}

function pidsOf(isWanted: (one: Process) => boolean): number[] {
  return readProcesses()
    .filter(isWanted)
    .map(({ pid }) => pid);
}

/** None of a process that has ended. */
function readLines(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}
