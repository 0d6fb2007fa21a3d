/**
 * The demo on Kubernetes as a newcomer runs it: what it prints to try works as printed, and its end leaves nothing behind.
 * What a client loses meanwhile is for `npm run faults` to tell.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { ROOT, until } from '../../examples/demo/processes.ts';
import { kindNode, missingForKind, standingOnKind } from './demo/kind.ts';
import { expectNothingLeft, footprintOf } from './nothing-left.ts';
import { planGround } from './plan.ts';
import { run } from './run.ts';
import { tearDown } from './tear-down.ts';
import { DEMO_GROUNDS, TEST_GROUNDS } from './test-grounds.ts';

const UP_MS = 200_000;
const SOON_MS = 60_000;
const NAMES = ['east', 'west'];

/** The programs that `npx isthmus` and `npm run` find are those of this Node. */
const env = {
  ...process.env,
  PATH: `${path.join(ROOT, 'node_modules', '.bin')}${path.delimiter}${process.env['PATH'] ?? ''}`,
  ISTHMUS_TEST_GROUND: DEMO_GROUNDS,
};

const withoutKind = await missingForKind();
if (withoutKind.length > 0)
  process.stdout.write(`\nLeft out: the demo on kind: ${withoutKind.join(', ')}.\n`);

describe('the demo on Kubernetes', () => {
  let demo: ChildProcess;
  let printed = '';

  function start(flag: string): void {
    const main = path.join(ROOT, 'examples', 'demo', 'main.ts');
    const options = { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'] };
    printed = '';
    const child = spawn(process.execPath, [main, '--kubernetes', flag, '--rate', '30'], options);
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    demo = child;
  }

  async function end(): Promise<void> {
    if (demo.exitCode !== null || demo.signalCode !== null) return;
    demo.kill('SIGTERM');
    await once(demo, 'exit');
  }

  const lines = (pattern: RegExp): string[] => printed.split('\n').filter((line) => pattern.test(line));

  /** Waits for a later line of figures that says this. */
  async function nextFigures(wanted: RegExp, timeoutMs = SOON_MS): Promise<void> {
    const seen = lines(/requests\/s/).length;
    const says = (): boolean =>
      lines(/requests\/s/)
        .slice(seen)
        .some((line) => wanted.test(line));
    await until(String(wanted), timeoutMs, () => {
      if (says()) return Promise.resolve(true);
      return Promise.resolve(demo.exitCode === null ? undefined : false);
    }).catch((error: unknown) => {
      throw new Error(printed, { cause: error });
    });
    expect(says(), printed).toBe(true);
  }

  /** What a guest types into a shell, after what is printed first: in the shell that this opens, where it opens one. */
  function tryPrinted(pattern: RegExp): Promise<string> {
    const [first = ''] = lines(/npm run clusters -- shell|export KUBECONFIG/);
    const [command = ''] = lines(pattern);
    const [way = ''] = first.split(' #');
    const typed = ['set -e', ...(way.includes('export') ? [way] : []), command, ''].join('\n');
    const shell = way.includes('export') ? 'sh' : way;
    return run(['sh', '-c', shell], { env, input: typed, timeoutMs: SOON_MS });
  }

  async function lookAround(): Promise<void> {
    await nextFigures(/cart: east 100 %/, UP_MS);
    expect(await tryPrinted(/kubectl get /)).toMatch(/serviceimport\S*\/ledger/);
    expect(await tryPrinted(/isthmus status/)).toMatch(/MESH acme {3}2 clusters/);
    expect(await tryPrinted(/isthmus explain/)).toMatch(/cart\.shop:80 as seen by web\.shop in east/);
  }

  async function moveCarts(): Promise<void> {
    await tryPrinted(/kubectl apply .*carts-to-west/);
    await nextFigures(/cart: west 7\d %/);
  }

  async function stopCarts(): Promise<void> {
    await tryPrinted(/kubectl scale .*replicas=0/);
    await nextFigures(/cart: west 100 %/);
  }

  async function interrupt(): Promise<void> {
    demo.kill('SIGINT');
    const [code] = (await once(demo, 'exit')) as [number | null];
    expect(code, printed).toBe(0);
  }

  it.skipIf(inject('missing').length > 0)(
    'prints commands that work, and leaves nothing of its clusters',
    async () => {
      try {
        start('--no-kind');
        await lookAround();
        await moveCarts();
        await stopCarts();
        const ground = planGround({ name: TEST_GROUNDS.demo, clusters: 2, layout: 'overlapping' });
        const before = await footprintOf(ground);
        await interrupt();
        expectNothingLeft(TEST_GROUNDS.demo, before);
      } finally {
        await end();
        await tearDown(TEST_GROUNDS.demo);
      }
    },
  );

  it.skipIf(withoutKind.length > 0)('does so on clusters of kind', async () => {
    try {
      start('--kind');
      await lookAround();
      await moveCarts();
      await tryPrinted(/docker pause /);
      await nextFigures(/cart: east 100 %/);
      await run(['docker', 'unpause', kindNode('west')]);
      await nextFigures(/cart: west 7\d %/);
      await stopCarts();
      await interrupt();
    } finally {
      await end();
    }
    expect(await standingOnKind(NAMES)).toEqual([]);
  });
});
