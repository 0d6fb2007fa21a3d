/**
 * `npm run demo`: three clusters on this machine, joined and serving the shop under a steady load, until Ctrl-C.
 * `npm run demo -- --rate 50` sends 50 requests a second instead of 300: for a small or busy machine.
 * `npm run demo -- --story`: plays what can go wrong and exits 0 only if the losses are within the bounds.
 * `npm run demo -- --kubernetes`: the shop on real Kubernetes clusters.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readRunInfo } from '../../mesh/adapters/standalone/cluster-folder.ts';
import { NAMESPACE, type DemoCluster } from './cluster.ts';
import { readFlags, type Flags } from './flags.ts';
import { controllersOf, startMesh, type DemoMesh } from './mesh.ts';
import { ROOT } from './processes.ts';
import { interruption, runDemo, sayer } from './run-demo.ts';
import { playStory } from './story.ts';

const RATE = 300;
/** Another program, which this one becomes: nothing but tests stands on the ground of real clusters. */
const ON_KUBERNETES = path.join(ROOT, 'multicluster-tests', 'kubernetes', 'demo', 'main.ts');

const say = sayer(Date.now());
const args = process.argv.slice(2);
const flags = flagsOrEnd();
if (flags.kubernetes) {
  if (process.execve === undefined) throw new Error('--kubernetes needs Linux');
  process.execve(process.execPath, [process.execPath, ON_KUBERNETES, ...args]);
}

const interrupted = interruption();
/** Beside the code, so that its manifests can be edited while it runs; a story leaves nothing but what went wrong. */
const folder = flags.story ? await mkdtemp(path.join(tmpdir(), 'isthmus-story-')) : path.join(ROOT, '.demo');
const other = readRunInfo(path.join(folder, 'east'));
if (other.ok) {
  console.error(
    `a demo runs in ${folder} already (its controller is process ${other.value.pid}): end it first`,
  );
  process.exit(1);
}
const mesh = await startMesh(folder, say);
if (process.stdin.isTTY && !flags.story)
  process.stdin.on('data', () => mesh.all.forEach((cluster) => cluster.revive()));
try {
  const perSecond = flags.rate ?? RATE;
  const { url } = mesh;
  process.exitCode = await runDemo(
    { url, perSecond, controllers: () => controllersOf(mesh), whatToTry: () => whatToTry(mesh) },
    {
      ...{ say, interrupted },
      ...(flags.story ? { story: () => playStory(mesh, { perSecond, say }) } : {}),
    },
  );
} finally {
  process.stdin.pause();
  say('stopping everything that was started');
  await mesh.stop();
  if (flags.story && process.exitCode === 0) await rm(folder, { recursive: true, force: true });
}

function flagsOrEnd(): Flags {
  try {
    return readFlags(args);
  } catch (error) {
    console.error((error as Error).message);
    process.exit(2);
  }
}

function whatToTry({ east, east2, west }: DemoMesh): string {
  const place = (file: string): string => path.relative(ROOT, file);
  const isthmus = `npx isthmus --dir ${place(east.dir)}`;
  const policies = path.join(place(east.dir), 'manifests', NAMESPACE);
  const kill = (cluster: DemoCluster): string => `kill -9 ${groups(cluster).join(' ')}`;
  const enter = process.stdin.isTTY ? '; Enter here brings it back' : '';
  return [
    `Try in another terminal, after cd ${ROOT}`,
    `  ${isthmus} status`,
    `  ${isthmus} explain web/cart.shop`,
    `  ${isthmus} simulate --down east`,
    `  cp examples/shop/policies/carts-to-west.yaml ${policies}/    # and rm ${policies}/carts-to-west.yaml`,
    `  kill -9 ${groups(east, 'cart').join(' ')}    # the cart of east dies${enter}`,
    `  ${kill(east2)}    # the whole of east2`,
    `  ${kill(west)}    # the whole of west`,
    'Ctrl-C ends everything.',
  ].join('\n');
}

/** As `kill` takes process groups: what a program started ends with it. */
function groups(cluster: DemoCluster, service?: string): readonly string[] {
  const processes = service === undefined ? cluster.processes() : [cluster.workload(service)];
  const pids = processes.flatMap(({ pid, ended }) => (ended() || pid === undefined ? [] : [`-${pid}`]));
  return pids.length === 0 ? ['(killed)'] : pids;
}
