/** Runs mutants on a few lanes, test file by test file: first as the file is, then with each of its bugs. */
import { seed, type Mutant } from './mutant.ts';
import { isNamed, judge, type TestRun } from './judge.ts';
import { openLane, sourceOf, type Lane } from './lane.ts';
import type { Outcome } from './outcome.ts';

export interface RunOptions {
  /** All unit tests for each mutant, not only the file that must find it. */
  readonly everything: boolean;
  done(outcome: Outcome): void;
}

/** Most tests wait for sockets: two lanes leave two cores idle for more than half of the time. */
const LANES = 4;
/** Longer than any test file takes: a bug that hangs Vitest itself ends the run. */
const HANGS_AFTER_MS = 120_000;

export async function runMutants(mutants: readonly Mutant[], options: RunOptions): Promise<void> {
  const waiting = [...Map.groupBy(mutants, ({ test }) => test)];
  const work = async (): Promise<void> => {
    const lane = await openLane();
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      await runTestFile(lane, next, options);
    await lane.stop();
  };
  await Promise.all(Array.from({ length: Math.min(LANES, waiting.length) }, work));
}

async function runTestFile(
  lane: Lane,
  [test, mutants]: readonly [string, readonly Mutant[]],
  options: RunOptions,
): Promise<void> {
  const clean = await lane.run([test]);
  for (const mutant of mutants) {
    const startedAt = performance.now();
    const outcome = await outcomeOf(mutant, { lane, clean, options });
    options.done({ ...outcome, mutant, tookMs: performance.now() - startedAt });
  }
}

interface Circumstances {
  readonly lane: Lane;
  /** The test file without a bug. */
  readonly clean: TestRun;
  readonly options: RunOptions;
}

async function outcomeOf(
  mutant: Mutant,
  { lane, clean, options }: Circumstances,
): Promise<Pick<Outcome, 'verdict' | 'elsewhere'>> {
  const unfit = unfitness(mutant, clean);
  if (unfit.length > 0) return { verdict: { kind: 'does-not-apply', why: unfit }, elsewhere: [] };
  const seeded = seed(mutant, await sourceOf(mutant.file));
  if (!seeded.ok) return { verdict: { kind: 'does-not-apply', why: [seeded.error] }, elsewhere: [] };
  const module = { file: mutant.file, source: seeded.value };
  const run = await inTime(mutant, lane.run(options.everything ? [] : [mutant.test], module));
  const own = { ...run, failed: run.failed.filter(({ file }) => file === mutant.test) };
  return { verdict: judge(mutant, own), elsewhere: run.failed.filter(({ file }) => file !== mutant.test) };
}

/** Why the mutant says nothing: its tests are not there, or do not pass without it. */
function unfitness({ test, fails }: Mutant, clean: TestRun): string[] {
  const broken = clean.failed.map((failure) => `fails without the bug: ${failure.test}: ${failure.message}`);
  const missing = fails.filter((name) => !clean.passed.some((passed) => isNamed(passed, name)));
  const unknown = missing.map((name) => `${test} has no test "${name}" that passes`);
  return [...clean.troubles, ...broken, ...unknown];
}

function inTime(mutant: Mutant, run: Promise<TestRun>): Promise<TestRun> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`${mutant.name} hangs: nothing after ${HANGS_AFTER_MS} ms`)),
      HANGS_AFTER_MS,
    );
    void run.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
