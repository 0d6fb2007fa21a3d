/** Makes a finding small: parts are left out for as long as it stays one. */
import { runCase } from './run-case.ts';
import type { Target } from './target.ts';

const MOST_TRIES = 2_000;

export async function shrink(target: Target, input: Uint8Array): Promise<Uint8Array> {
  let small = Buffer.from(input);
  let tries = 0;
  for (let size = small.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at + size <= small.length && tries < MOST_TRIES; tries++) {
      const without = Buffer.concat([small.subarray(0, at), small.subarray(at + size)]);
      if ((await runCase(target, without)) === undefined) at += size;
      else small = without;
    }
  }
  return small;
}
