/**
 * `npm run demo`: three clusters on this machine, joined and serving the shop under a steady load, until Ctrl-C.
 * `npm run demo -- --rate 50` sends 50 requests a second instead of 300: for a small or busy machine.
 * `npm run demo -- --story`: plays what can go wrong and exits 0 only if the losses are within the bounds.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { formatTable } from '../../cli/output/table.ts';
import { readRunInfo } from '../../mesh/adapters/standalone/cluster-folder.ts';
import { NAMESPACE, type DemoCluster } from './cluster.ts';
import { watchMesh } from './gather.ts';
import { startLoad } from './load.ts';
import { startMesh, type DemoMesh } from './mesh.ts';
import { ROOT } from './processes.ts';
import { renderLine, renderPicture } from './render.ts';
import { LOAD, playStory, startShopLoad } from './story.ts';

const started = performance.now();
const say = (text: string): void =>
  console.log(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${text}`);

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort());
// The terminal was closed, or the pipe: nobody looks any more, and what was started must not stay behind.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => interrupted.abort());

const { values: flags } = parseArgs({
  options: { story: { type: 'boolean', default: false }, rate: { type: 'string' } },
});
const isStory = flags.story;
/** Beside the code, so that its manifests can be edited while it runs; a story leaves nothing but what went wrong. */
const folder = isStory ? await mkdtemp(path.join(tmpdir(), 'isthmus-story-')) : path.join(ROOT, '.demo');
const other = readRunInfo(path.join(folder, 'east'));
if (other.ok) {
  console.error(
    `a demo runs in ${folder} already (its controller is process ${other.value.pid}): end it first`,
  );
  process.exit(1);
}
const mesh = await startMesh(folder, say);
try {
  say(`first page served: ${await firstPage(mesh)}`);
  process.exitCode = isStory ? await story(mesh) : await show(mesh);
} finally {
  say('stopping everything that was started');
  await mesh.stop();
  if (isStory && process.exitCode === 0) await rm(folder, { recursive: true, force: true });
}

async function firstPage({ url }: DemoMesh): Promise<string> {
  const answer = await fetch(url);
  return `${answer.status} ${(await answer.text()).slice(0, 120)}`;
}

async function story(demo: DemoMesh): Promise<number> {
  const verdicts = await Promise.race([playStory(demo, say), aborted()]);
  if (verdicts === undefined) return 130;
  const rows = verdicts.map(({ what, measured, bound, met }) => [
    what,
    measured,
    bound,
    met ? 'met' : 'MISSED',
  ]);
  console.log(`\n${formatTable(['WHAT', 'MEASURED', 'BOUND', ''], rows)}\n`);
  return verdicts.every(({ met }) => met) ? 0 : 1;
}

async function show(demo: DemoMesh): Promise<number> {
  const perSecond = Number(flags.rate);
  const load = perSecond > 0 ? startLoad({ ...LOAD, url: demo.url, perSecond }) : startShopLoad(demo);
  const look = watchMesh(demo, load);
  const terminal = process.stdout.isTTY;
  if (terminal) process.stdin.on('data', () => demo.all.forEach((cluster) => cluster.revive()));
  else console.log(whatToTry(demo));
  while (!interrupted.signal.aborted) {
    const picture = await look();
    if (terminal) paint(`${renderPicture(picture)}\n\n${whatToTry(demo)}`);
    else say(renderLine(picture));
    await delay(terminal ? 500 : 2000, undefined, { signal: interrupted.signal }).catch(() => undefined);
  }
  process.stdin.pause();
  await load.stop();
  return 0;
}

/** Over what was there, line by line: clearing the whole screen would flicker. */
function paint(text: string): void {
  process.stdout.write(`\u001b[H${text.replaceAll('\n', '\u001b[K\n')}\u001b[K\n\u001b[J`);
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

function aborted(): Promise<undefined> {
  return new Promise((resolve) => interrupted.signal.addEventListener('abort', () => resolve(undefined)));
}
