/** What a ground was to the kernel while it was up, and that nothing of it is left. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { controlGroupsOf, namespacesUnder, processesIn } from './footprint.ts';
import { inNetwork } from './network.ts';
import { groundFolder, type GroundPlan } from './plan.ts';
import { run } from './run.ts';

/** Network namespaces of a ground, as links of /proc show them. */
async function networksOf({ namespace, clusters }: GroundPlan): Promise<Set<string>> {
  const names = [namespace, ...clusters.map((cluster) => cluster.namespace)];
  const links = names.map((name) => run(inNetwork(name, ['readlink', '/proc/self/ns/net'])));
  return new Set((await Promise.all(links)).map((link) => link.trim()));
}

function mountsOf(ground: string): string[] {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .filter((line) => line.includes(groundFolder(ground)) || line.includes(`isthmus-${ground}`));
}

interface Footprint {
  readonly namespaces: ReadonlySet<string>;
  readonly controlGroups: ReadonlySet<string>;
}

export async function footprintOf(plan: GroundPlan): Promise<Footprint> {
  const namespaces = namespacesUnder(await networksOf(plan));
  return { namespaces, controlGroups: controlGroupsOf(namespaces) };
}

/** `before` is what the kernel had of it while it was up. */
export function expectNothingLeft(ground: string, before: Footprint): void {
  expect(processesIn(before.namespaces)).toEqual([]);
  expect([...before.controlGroups].filter((group) => existsSync(group))).toEqual([]);
  expect(mountsOf(ground)).toEqual([]);
  expect(readdirSync('/run/netns').filter((name) => name.startsWith(`isthmus-${ground}`))).toEqual([]);
  expect(existsSync(groundFolder(ground))).toBe(false);
}
