/** What a ground was to the kernel while it was up, and that nothing of it is left. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { controlGroupsOf, namespacesUnder, processesIn } from './footprint.ts';
import { inNetwork } from './network.ts';
import { groundFolder, isOfGround, type GroundPlan } from './plan.ts';
import { run } from './run.ts';

const NAMESPACES = '/run/netns';

/** Network namespaces of a ground, as links of /proc show them. */
async function networksOf({ namespace, clusters }: GroundPlan): Promise<Set<string>> {
  const names = [namespace, ...clusters.map((cluster) => cluster.namespace)];
  const links = names.map((name) => run(inNetwork(name, ['readlink', '/proc/self/ns/net'])));
  return new Set((await Promise.all(links)).map((link) => link.trim()));
}

function mountsOf(ground: string): string[] {
  const points = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');
  return points.filter(
    (point) => `${point}/`.startsWith(`${groundFolder(ground)}/`) || ownNamespace(ground, point),
  );
}

function ownNamespace(ground: string, point: string): boolean {
  return path.dirname(point) === NAMESPACES && isOfGround(ground, path.basename(point));
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
  expect(readdirSync(NAMESPACES).filter((name) => isOfGround(ground, name))).toEqual([]);
  expect(existsSync(groundFolder(ground))).toBe(false);
}
