/**
 * `npm run demo`: three clusters on this machine, joined and serving the shop under a steady load, until Ctrl-C.
 * `npm run demo -- --story`: plays what can go wrong and exits 0 only if the losses are within the bounds.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { formatTable } from '../../cli/output/table.ts';
import { readPicture } from './gather.ts';
import { startMesh, type DemoMesh } from './mesh.ts';
import { ROOT } from './processes.ts';
import { renderLine, renderPicture } from './render.ts';
import { playStory, startShopLoad } from './story.ts';

const started = performance.now();
const say = (text: string): void =>
  console.log(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${text}`);

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort());

const isStory = process.argv.includes('--story');
/** Beside the code, so that its manifests can be edited while it runs; a story leaves nothing but what went wrong. */
const folder = isStory ? await mkdtemp(path.join(tmpdir(), 'isthmus-story-')) : path.join(ROOT, '.demo');
const mesh = await startMesh(folder, say);
try {
  say(`first page served: ${await firstPage(mesh)}`);
  process.exitCode = isStory ? await story(mesh) : await show(mesh);
} finally {
  say('stopping everything that was started');
  await mesh.stop();
  if (isStory && process.exitCode === 0) await rm(folder, { recursive: true, force: true });
}

/** The first page whose cart came from another cluster's chain proves the path; any page proves the shop. */
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
  const load = startShopLoad(demo);
  const terminal = process.stdout.isTTY;
  while (!interrupted.signal.aborted) {
    const picture = await readPicture(demo, load);
    if (terminal) process.stdout.write(`\u001b[H\u001b[2J${renderPicture(picture)}\n\n${whatToTry(demo)}\n`);
    else say(renderLine(picture));
    await delay(terminal ? 500 : 5000, undefined, { signal: interrupted.signal }).catch(() => undefined);
  }
  await load.stop();
  return 0;
}

function whatToTry(demo: DemoMesh): string {
  const isthmus = `npx isthmus --dir ${demo.east.dir}`;
  return [
    'Try in another terminal:',
    `  ${isthmus} status`,
    `  ${isthmus} explain web/cart.shop`,
    `  ${isthmus} simulate --down east`,
    `  edit ${demo.east.dir}/manifests/shop/*.yaml and watch`,
    'Ctrl-C ends everything.',
  ].join('\n');
}

function aborted(): Promise<undefined> {
  return new Promise((resolve) => interrupted.signal.addEventListener('abort', () => resolve(undefined)));
}
