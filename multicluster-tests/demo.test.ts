/** The demo as a newcomer runs it: what it prints to try works as printed, and its end leaves nothing behind. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { ROOT, until } from '../examples/demo/processes.ts';

let demo: ChildProcess | undefined;
afterEach(async () => {
  if (demo === undefined || demo.exitCode !== null) return;
  demo.kill('SIGTERM');
  await once(demo, 'exit');
});

/** The programs that `npx isthmus` finds are those of this Node. */
const env = {
  ...process.env,
  PATH: `${path.join(ROOT, 'node_modules', '.bin')}${path.delimiter}${process.env['PATH'] ?? ''}`,
};

function runs(group: number): boolean {
  try {
    return process.kill(-group, 0);
  } catch {
    return false;
  }
}

it('prints commands that work, survives a killed cluster, and ends all that it started', async () => {
  demo = spawn(process.execPath, [path.join(ROOT, 'examples', 'demo', 'main.ts'), '--rate', '40'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [demo.stdout, demo.stderr])
    stream?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  const lines = (pattern: RegExp): string[] => printed.split('\n').filter((line) => pattern.test(line));
  /** A later line of figures that says this. */
  const nextFigures = async (wanted: RegExp): Promise<void> => {
    const seen = lines(/requests\/s/).length;
    const later = (): boolean =>
      lines(/requests\/s/)
        .slice(seen)
        .some((line) => wanted.test(line));
    await until(String(wanted), 60_000, () => Promise.resolve(later() || undefined)).catch(
      (error: unknown) => {
        throw new Error(printed, { cause: error });
      },
    );
  };
  const tryPrinted = (pattern: RegExp): string => {
    const [command = ''] = lines(pattern);
    const { status, stdout, stderr } = spawnSync('sh', ['-c', command], { cwd: ROOT, env, encoding: 'utf8' });
    expect({ command, status, stderr }).toEqual({ command, status: 0, stderr: '' });
    return stdout;
  };

  await nextFigures(/cart: east 100 %/);
  const groups = lines(/kill -9/).flatMap((line) =>
    [...line.matchAll(/ -(\d{2,})/g)].map(([, pid]) => Number(pid)),
  );
  expect(groups.length).toBeGreaterThan(10);
  expect(groups.filter(runs)).toEqual(groups);

  expect(tryPrinted(/isthmus .* status/)).toMatch(/^MESH acme {3}3 clusters/);
  expect(tryPrinted(/isthmus .* explain/)).toMatch(/^cart\.shop:80 as seen by web\.shop in east/);
  expect(tryPrinted(/isthmus .* simulate/)).toMatch(/WITH east DOWN/);
  tryPrinted(/^ +cp .*carts-to-west/);
  await nextFigures(/cart: west 7\d %/);
  tryPrinted(/kill -9 .*the whole of west/);
  // Half of the policy's first level is healthy, so that it keeps 70 % and the rest spills.
  await nextFigures(/failed 0 of .*cart: east 7\d % {2}east2 \d+ %$/);

  demo.kill('SIGINT');
  const [code] = (await once(demo, 'exit')) as [number | null];
  expect(code, printed).toBe(0);
  expect(groups.filter(runs)).toEqual([]);
});
