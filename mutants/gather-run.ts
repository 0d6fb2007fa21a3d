/** From what Vitest reports of some test files to what is judged. */
import type { TestCase, TestModule } from 'vitest/node';
import { kindOf, type Failure, type TestRun } from './judge.ts';

export function gatherRun(modules: readonly TestModule[], unhandled: readonly unknown[]): TestRun {
  const cases = modules.flatMap((module) => [...module.children.allTests()]);
  return {
    passed: cases.filter((one) => one.result().state === 'passed').map(({ fullName }) => fullName),
    failed: cases.filter((one) => one.result().state !== 'passed').map(failureOf),
    troubles: [
      ...modules.flatMap((module) =>
        module.errors().map(({ message }) => `does not load: ${firstLine(message)}`),
      ),
      ...modules
        .flatMap((module) => [...module.children.allSuites()])
        .flatMap((suite) => suite.errors().map(({ message }) => `${suite.fullName}: ${firstLine(message)}`)),
      ...unhandled.map((error) => `nobody caught: ${firstLine(String((error as Error).message))}`),
    ],
  };
}

function failureOf(one: TestCase): Failure {
  const [error] = one.result().errors ?? [];
  const [file, test] = [one.module.relativeModuleId, one.fullName];
  if (error === undefined) return { file, test, kind: 'exception', message: 'was not run' };
  return { file, test, kind: kindOf(error), message: firstLine(error.message) };
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]?.slice(0, 160) ?? '';
}
