/** One Vitest that runs test files again and again, each time with another bug put into one module in memory. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createVitest, type Vite } from 'vitest/node';
import { UNIT } from '../vitest.config.ts';
import { gatherRun } from './gather-run.ts';
import type { TestRun } from './judge.ts';

export interface SeededModule {
  /** From the root of the project. */
  readonly file: string;
  readonly source: string;
}

export interface Lane {
  /** Runs test files (from the root of the project); all of the unit tests when none are named. */
  run(tests: readonly string[], seeded?: SeededModule): Promise<TestRun>;
  stop(): Promise<void>;
}

const ROOT = path.resolve(import.meta.dirname, '..');

export function sourceOf(file: string): Promise<string> {
  return readFile(path.join(ROOT, file), 'utf8');
}

export async function openLane(): Promise<Lane> {
  let seeded: SeededModule | undefined;
  const vitest = await createVitest(
    {
      ...{ ...UNIT, root: ROOT, config: false, watch: false },
      // In threads, as they start faster than processes.
      ...{ reporters: [{}], maxWorkers: 1, pool: 'threads', setupFiles: ['mutants/fixed-chance.ts'] },
    },
    { plugins: [seeding(() => seeded)] },
  );
  const known = await vitest.globTestSpecifications();
  return {
    async run(tests, module) {
      const wanted = new Set(tests.map((test) => path.join(ROOT, test)));
      const files = known.filter(({ moduleId }) => wanted.size === 0 || wanted.has(moduleId));
      if (module !== undefined) vitest.invalidateFile(path.join(ROOT, module.file));
      seeded = module;
      const result = await vitest.runTestSpecifications(files);
      seeded = undefined;
      if (module !== undefined) vitest.invalidateFile(path.join(ROOT, module.file));
      // Vitest answers with all that it ever ran.
      const ran = result.testModules.filter((one) => files.some(({ moduleId }) => moduleId === one.moduleId));
      return gatherRun(ran, result.unhandledErrors);
    },
    stop: () => vitest.close(),
  };
}

/** Gives the module its bug as it is loaded: the source tree is never written to. */
function seeding(seeded: () => SeededModule | undefined): Vite.Plugin {
  const sourceFor = (id: string): string | undefined => {
    const module = seeded();
    return module !== undefined && id === path.join(ROOT, module.file) ? module.source : undefined;
  };
  return {
    name: 'seeded-bug',
    enforce: 'pre',
    load: sourceFor,
    configureVitest({ defineCacheKeyGenerator }) {
      // Nothing with a bug in it is kept on disk.
      defineCacheKeyGenerator(({ id }) => (sourceFor(id) === undefined ? undefined : false));
    },
  };
}
