/** What a ground was to the kernel while it was up, and that nothing of it is left. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { controlGroupsOf, namespacesUnder, processesIn } from './footprint.ts';
import { inNetwork } from './network.ts';
import { groundFolder, isOfGround, NETWORK_NAMESPACES, type GroundPlan } from './plan.ts';
import { run } from './run.ts';

/** Network namespaces of a ground, as links of /proc show them. */
async function networksOf({ namespace, clusters }: GroundPlan): Promise<Set<string>> {
  const names = [namespace, ...clusters.map((cluster) => cluster.namespace)];
  const links = names.map((name) => run(inNetwork(name, ['readlink', '/proc/self/ns/net'])));
  return new Set((await Promise.all(links)).map((link) => link.trim()));
}

/** Lines that name its folder, or anything of its namespaces and control groups, as point, source or option. */
function mountsOf(ground: string): string[] {
  const folder = `${groundFolder(ground)}/`;
  const isOwn = (word: string): boolean =>
    `${word}/`.startsWith(folder) || word.split('/').some((part) => isOfGround(ground, part));
  const lines = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  return lines.filter((line) => line.split(/[\s,:=]/).some(isOwn));
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
  expect(readdirSync(NETWORK_NAMESPACES).filter((name) => isOfGround(ground, name))).toEqual([]);
  expect(existsSync(groundFolder(ground))).toBe(false);
}
