/**
 * Hostile bytes: for each parser a target that feeds it whatever comes and throws when a property of it does not hold.
 * The test command replays the corpus and a fixed number of mutated inputs; `npm run fuzz` goes on for as long as it is
 * told, guided by coverage. See docs/fuzzing.md.
 */
import type { Random } from '../mesh/ports/random.ts';

export interface Target {
  readonly name: string;
  /** What is fuzzed: paths from the root, as prefixes. New blocks of these files guide the search. */
  readonly sources: readonly string[];
  /** Good inputs and known hostile ones, made anew at each start. */
  seeds(): readonly Uint8Array[];
  /** Texts that stand between what random bytes would find. Latin-1. */
  readonly words: readonly string[];
  readonly maxBytes: number;
  /** A change that knows the format, tried beside those of bytes. */
  readonly change?: (input: Uint8Array, random: Random) => Uint8Array;
  /** Throws when a property does not hold. */
  check(input: Buffer): void | Promise<void>;
  /** How many mutated inputs the test command tries. */
  readonly cases: number;
}

export function must(holds: boolean, property: string, ...shown: readonly unknown[]): asserts holds {
  if (holds) return;
  const values = shown.map((value) => JSON.stringify(value)?.slice(0, 1_000) ?? 'undefined');
  throw new Error([property, ...values].join('\n  '));
}

/** Both are plain data. */
export function mustEqual(got: unknown, wanted: unknown, property: string): void {
  if (JSON.stringify(got) !== JSON.stringify(wanted)) must(false, property, got, wanted);
}
