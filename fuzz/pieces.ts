/** Cuts an input as a network may. The cuts follow from the bytes alone, so that a finding can be replayed. */
import { createSeededRandom } from '../mesh/adapters/random/seeded-random.ts';
import type { Random } from '../mesh/ports/random.ts';
import { below } from './mutate.ts';

/** The same draws for the same input. */
export function randomOf(input: Uint8Array): Random {
  let seed = input.length;
  for (const byte of input) seed = (Math.imul(seed, 31) + byte) | 0;
  return createSeededRandom(seed);
}

/** Some cuts of `input`: whole, in single bytes where it is short, and at random places, which may lie side by side. */
export function cutsOf(input: Buffer): readonly (readonly Buffer[])[] {
  const random = randomOf(input);
  const single = input.length > 400 ? [] : [Array.from(input, (_, i) => input.subarray(i, i + 1))];
  const places = (count: number): number[] =>
    Array.from({ length: count }, () => below(random, input.length + 1)).sort((a, b) => a - b);
  return [...single, cutAt(input, places(1)), cutAt(input, places(2 + below(random, 20)))];
}

function cutAt(input: Buffer, places: readonly number[]): Buffer[] {
  return [...places, input.length].map((end, i) => input.subarray(places[i - 1] ?? 0, end));
}
