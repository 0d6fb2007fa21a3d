/** A ground of real clusters: up from nothing, or as it stands. It outlives the process that made it. */
import { readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openCluster, startCluster, type Cluster } from './cluster.ts';
import { buildPrograms, CLUSTER_PROGRAMS, programFiles, type ClusterPrograms } from './go-programs.ts';
import { groundImages } from './images/ground-images.ts';
import { stageImage } from './images/stage.ts';
import { makeNetwork } from './network.ts';
import { groundFolder, type GroundPlan } from './plan.ts';
import { tearDown } from './tear-down.ts';

export interface Ground {
  readonly plan: GroundPlan;
  readonly programs: ClusterPrograms;
  readonly clusters: readonly Cluster[];
}

export type Say = (line: string) => void;

/** Makes the ground, or answers the one of the same plan that is there; what an earlier attempt left is removed. */
export async function raiseGround(plan: GroundPlan, say: Say): Promise<Ground> {
  const standing = await standingGround(plan.name);
  if (standing !== undefined) {
    if (isSame(standing.plan, plan)) return standing;
    const { layout, clusters } = standing.plan;
    throw new Error(
      `ground ${plan.name} is up with ${clusters.length} clusters, ${layout}: take it down first`,
    );
  }
  await tearDown(plan.name);
  const programs = await buildPrograms(CLUSTER_PROGRAMS, say);
  const images = await groundImages(say);
  await mkdir(plan.folder, { recursive: true });
  const folder = path.join(plan.folder, 'images');
  const staged = await Promise.all(images.map((image, i) => stageImage(image, path.join(folder, `${i}`))));
  await makeNetwork(plan);
  say(`starting ${plan.clusters.map(({ name }) => name).join(', ')}`);
  const clusters = await Promise.all(plan.clusters.map((cluster) => startCluster(cluster, programs, staged)));
  await writeFile(planFile(plan.name, '.partial'), JSON.stringify(plan));
  await rename(planFile(plan.name, '.partial'), planFile(plan.name));
  return { plan, programs, clusters };
}

/** The ground of that name, if it is up and answers. */
export async function standingGround(name: string): Promise<Ground | undefined> {
  const plan = readPlan(name);
  if (plan === undefined) return undefined;
  const programs = await programFiles(CLUSTER_PROGRAMS);
  const clusters = plan.clusters.map((cluster) => openCluster(cluster, programs));
  const answers = clusters.map((cluster) => cluster.kubectl(['get', '--raw', '/readyz']).catch(() => ''));
  if ((await Promise.all(answers)).some((answer) => answer !== 'ok')) return undefined;
  return { plan, programs, clusters };
}

/** Written when all was ready. */
function planFile(name: string, ending = ''): string {
  return path.join(groundFolder(name), `plan.json${ending}`);
}

function readPlan(name: string): GroundPlan | undefined {
  try {
    return JSON.parse(readFileSync(planFile(name), 'utf8')) as GroundPlan;
  } catch {
    return undefined;
  }
}

function isSame(one: GroundPlan, other: GroundPlan): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
