/** Whether a bug was found by exactly the tests that are there to find it. */
import type { Mutant } from './mutant.ts';

/**
 * `assertion`: an expectation, a property, or a check that the test makes by itself does not hold. `exception`: the
 * product threw, or did not even load. `timeout`: the test did not end.
 */
export type FailureKind = 'assertion' | 'exception' | 'timeout';

export interface Failure {
  /** From the root of the project. */
  readonly file: string;
  /** Full name. */
  readonly test: string;
  readonly kind: FailureKind;
  readonly message: string;
}

export interface TestRun {
  readonly passed: readonly string[];
  readonly failed: readonly Failure[];
  /** What went wrong outside of any test: a module that does not load, an error that nobody caught. */
  readonly troubles: readonly string[];
}

export type Verdict =
  | { readonly kind: 'caught' }
  | { readonly kind: 'survived' }
  | { readonly kind: 'not-exactly'; readonly why: readonly string[] };

export function judge(mutant: Mutant, run: TestRun): Verdict {
  if (run.failed.length + run.troubles.length === 0) return { kind: 'survived' };
  const wantedKind = mutant.failsBy ?? 'assertion';
  const isMeant = (test: string): boolean => mutant.fails.some((name) => isNamed(test, name));
  const why = [
    ...run.troubles,
    ...run.passed.filter(isMeant).map((test) => `passes: ${test}`),
    ...run.failed
      .filter(({ test }) => !isMeant(test))
      .map(({ test, kind }) => `fails too (${kind}): ${test}`),
    ...run.failed
      .filter(({ test, kind }) => isMeant(test) && kind !== wantedKind)
      .map(({ test, kind, message }) => `fails by ${kind}, not by ${wantedKind}: ${test}: ${message}`),
  ];
  return why.length === 0 ? { kind: 'caught' } : { kind: 'not-exactly', why };
}

/** Whether a name as it stands in `fails` means the test. */
export function isNamed(test: string, name: string): boolean {
  return name.endsWith('…') ? test.startsWith(name.slice(0, -1)) : test === name;
}

interface ThrownError {
  readonly name?: string;
  readonly message: string;
  /** Files of the stack, innermost first. */
  readonly stacks?: readonly { readonly file: string }[];
}

const OF_TESTS = /\.(test|contract)\.ts$|\/testing\//;

export function kindOf({ name, message, stacks }: ThrownError): FailureKind {
  if (/^(Test|Hook) timed out/.test(message)) return 'timeout';
  if (name === 'AssertionError' || message.startsWith('Property failed after')) return 'assertion';
  return name === 'Error' && OF_TESTS.test(stacks?.[0]?.file ?? '') ? 'assertion' : 'exception';
}
