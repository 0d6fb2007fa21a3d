/**
 * Seeded bugs. Each guarantee of the product has one here that must make exactly its own tests fail: a guarantee whose
 * bug goes unnoticed has no test. Start with the tables in `seeded/`; `npm run test:mutants` runs them.
 */
import { err, ok, type Result } from '../mesh/kit/result.ts';

export interface Mutant {
  /** In kebab-case; of all mutants only this one has it. */
  readonly name: string;
  /** What holds in the product and not in the mutant: one sentence, with the threat (S), failure (F) or invariant (I). */
  readonly guarantee: string;
  /** The source file with the bug, from the root of the project. */
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly replace: string;
  readonly by: string;
  /** The test file that must find it. */
  readonly test: string;
  /**
   * Full names of the tests of that file that fail, all of them; every other one passes. A name that ends in `…` stands
   * for each test whose name begins so.
   */
  readonly fails: readonly string[];
  /** How they fail, where it is not by an assertion: a guarantee about time may only show in a test that never ends. */
  readonly failsBy?: 'timeout' | 'exception';
}

/** The source with the bug in it; the error says why the text to replace is not to be found once. */
export function seed(mutant: Mutant, source: string): Result<string, string> {
  const found = source.split(mutant.replace).length - 1;
  if (mutant.replace === '' || mutant.replace === mutant.by) return err('it changes nothing');
  if (found !== 1) return err(`its text stands ${found} times in ${mutant.file}, not once`);
  return ok(source.replace(mutant.replace, () => mutant.by));
}
