import { describe, expect, it } from 'vitest';
import { judge, kindOf, type Failure, type TestRun } from './judge.ts';
import { seed, type Mutant } from './mutant.ts';
import { MUTANTS } from './seeded/all.ts';

const mutant: Mutant = {
  ...{ name: 'no-check', guarantee: 'It is checked.', file: 'a.ts', test: 'a.test.ts' },
  ...{ replace: 'if (bad)', by: 'if ($&)', fails: ['a > is checked', 'a > of each kind…'] },
};
const fails = (test: string, kind: Failure['kind'] = 'assertion'): Failure => ({
  ...{ file: 'a.test.ts', test, kind, message: 'expected 1 to be 2' },
});
const run = (failed: readonly Failure[], over: Partial<TestRun> = {}): TestRun => ({
  ...{ passed: ['a > goes on'], failed, troubles: [], ...over },
});
const meant = [fails('a > is checked'), fails('a > of each kind: x'), fails('a > of each kind: y')];

describe('a bug', () => {
  it('is put in where its text stands, as it is written', () => {
    expect(seed(mutant, 'x; if (bad) stop();')).toEqual({ ok: true, value: 'x; if ($&) stop();' });
  });

  it.each([
    ['is gone', mutant, 'nothing of it'],
    ['stands twice', mutant, 'if (bad) if (bad)'],
    ['is empty', { ...mutant, replace: '' }, ''],
    ['stays as it is', { ...mutant, by: mutant.replace }, 'if (bad)'],
  ])('does not apply when its text %s', (_, one, source) => {
    expect(seed(one, source).ok).toBe(false);
  });
});

describe('a bug is caught', () => {
  it('when exactly its tests fail, by an assertion', () => {
    expect(judge(mutant, run(meant))).toEqual({ kind: 'caught' });
  });

  it.each<[string, TestRun, string]>([
    ['nothing fails', run([], { passed: ['a > is checked', 'a > goes on'] }), 'survived'],
    ['one of them passes', run(meant.slice(1), { passed: ['a > is checked'] }), 'not-exactly'],
    ['another one fails', run([...meant, fails('a > goes on')]), 'not-exactly'],
    [
      'one fails by an exception',
      run([fails('a > is checked', 'exception'), ...meant.slice(1)]),
      'not-exactly',
    ],
    ['a module does not load', run(meant, { troubles: ['does not load: a.ts'] }), 'not-exactly'],
    ['nothing can be run', run([], { passed: [], troubles: ['does not load: a.ts'] }), 'not-exactly'],
  ])('and not when %s', (_, result, kind) => {
    expect(judge(mutant, result).kind).toBe(kind);
  });

  it('by a timeout where the guarantee is about time', () => {
    const timeless = run(meant.map(({ test }) => fails(test, 'timeout')));
    expect(judge(mutant, timeless).kind).toBe('not-exactly');
    expect(judge({ ...mutant, failsBy: 'timeout' }, timeless).kind).toBe('caught');
  });
});

describe('how a test fails', () => {
  const inTest = [{ file: '/x/sidecar/testing/applications.ts' }];
  it.each([
    ['assertion', { name: 'AssertionError', message: 'expected 1 to be 2' }],
    ['assertion', { name: 'Error', message: 'Property failed after 3 tests' }],
    ['assertion', { name: 'Error', message: 'it is closed: not within 5000 ms', stacks: inTest }],
    ['exception', { name: 'TypeError', message: 'x is not a function', stacks: inTest }],
    ['exception', { name: 'Error', message: 'no view yet', stacks: [{ file: '/x/mesh/view.ts' }] }],
    ['timeout', { name: 'Error', message: 'Test timed out in 20000ms.', stacks: inTest }],
    ['timeout', { name: 'Error', message: 'Hook timed out in 10000ms.' }],
  ])('is told: %s', (kind, error) => {
    expect(kindOf(error)).toBe(kind);
  });
});

it('the tables name each mutant once, in kebab-case, with a guarantee and its tests', () => {
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
  for (const { name, guarantee, fails } of MUTANTS) {
    expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect([name, guarantee]).toEqual([name, expect.stringMatching(/\(.*\)\.$/)]);
    expect([name, fails.length]).not.toEqual([name, 0]);
  }
});
