/**
 * Control groups of a ground: one at the top of each hierarchy for each node, under which its kubelet keeps those of
 * its pods. Kubelets that share a machine would otherwise share the groups too, and nobody could tell whose they are.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { until } from '../../examples/demo/processes.ts';

const ROOT = '/sys/fs/cgroup';
const END_MS = 30_000;

export async function makeControlGroup(name: string): Promise<void> {
  for (const hierarchy of await hierarchies()) await mkdir(path.join(hierarchy, name), { recursive: true });
}

/** Their processes must have been ended. */
export async function removeControlGroups(isOwn: (name: string) => boolean): Promise<void> {
  for (const hierarchy of await hierarchies()) {
    for (const group of await groupsIn(hierarchy)) if (isOwn(path.basename(group))) await removeGroup(group);
  }
}

/** Version 2 has one, version 1 one for each kind of resource, some under two names. */
async function hierarchies(): Promise<string[]> {
  const entries = await readdir(ROOT, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => path.join(ROOT, name));
  return isGroup(ROOT) ? [ROOT] : folders.filter(isGroup);
}

function isGroup(folder: string): boolean {
  return existsSync(path.join(folder, 'cgroup.procs'));
}

async function groupsIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => path.join(folder, name));
}

/** From the leaves up. The kernel lets go of a group a moment after its last process. */
async function removeGroup(folder: string): Promise<void> {
  for (const group of await groupsIn(folder)) await removeGroup(group);
  await until(`the end of control group ${folder}`, END_MS, async () => {
    await rmdir(folder);
    return true;
  });
}
