/** What came of one mutant, and how it is told. */
import type { Failure, Verdict } from './judge.ts';
import type { Mutant } from './mutant.ts';

export interface Outcome {
  readonly mutant: Mutant;
  readonly verdict: Verdict | { readonly kind: 'does-not-apply'; readonly why: readonly string[] };
  /** Tests of other files that fail too, where all were run. */
  readonly elsewhere: readonly Failure[];
  readonly tookMs: number;
}

const WORDS: Readonly<Record<Outcome['verdict']['kind'], string>> = {
  caught: 'caught',
  survived: 'SURVIVED',
  'not-exactly': 'NOT EXACTLY',
  'does-not-apply': 'DOES NOT APPLY',
};

/** One line, and under it what is wrong. */
export function formatOutcome({ mutant, verdict, elsewhere, tookMs }: Outcome): string {
  const line = `${WORDS[verdict.kind].padEnd(14)} ${String(Math.round(tookMs)).padStart(6)} ms  ${mutant.name}`;
  const why = 'why' in verdict ? verdict.why : [];
  const others = elsewhere.map(({ file, test }) => `also fails: ${file}: ${test}`);
  return [line, ...[...why, ...others].map((text) => `  ${text}`)].join('\n');
}
