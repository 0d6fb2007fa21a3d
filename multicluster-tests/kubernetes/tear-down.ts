/**
 * Takes a ground down, whatever state it is in: whole, half made by a process that was killed, or gone. It asks the
 * machine what there is instead of any record: all processes of a ground are in its network namespaces, or in the
 * process namespaces of those that are.
 */
import { readdir, readFile, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { until } from '../../examples/demo/processes.ts';
import { removeControlGroups } from './control-groups.ts';
import { groundFolder, isOfGround, NETWORK_NAMESPACES } from './plan.ts';
import { run } from './run.ts';

const END_MS = 30_000;

export async function tearDown(ground: string): Promise<void> {
  const own = (name: string): boolean => isOfGround(ground, name);
  const namespaces = (await readdir(NETWORK_NAMESPACES).catch(() => [])).filter(own);
  for (const namespace of namespaces) await endProcesses(namespace);
  for (const namespace of namespaces) await run(['ip', 'netns', 'delete', namespace]);
  await removeControlGroups(own);
  await rm(groundFolder(ground), { recursive: true, force: true });
  // It holds the other grounds, if there are any.
  await rmdir(path.dirname(groundFolder(ground))).catch(() => undefined);
}

/** The end of a node's first process is complete when all others of the node have ended. */
async function endProcesses(namespace: string): Promise<void> {
  const spared = await lineage();
  await until(`the end of all processes in ${namespace}`, END_MS, async () => {
    const pids = (await run(['ip', 'netns', 'pids', namespace])).split('\n').filter(Boolean).map(Number);
    const running = pids.filter((pid) => !spared.has(pid));
    for (const pid of running) kill(pid);
    return running.length === 0 ? true : undefined;
  });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

/** This process and those it runs under: a ground may be taken down from a shell inside it. */
async function lineage(): Promise<Set<number>> {
  const pids = new Set<number>();
  for (let pid = process.pid; pid > 1; pid = await parentOf(pid)) pids.add(pid);
  return pids;
}

async function parentOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^PPid:\s*(\d+)$/m.exec(status)?.[1] ?? 0);
}
