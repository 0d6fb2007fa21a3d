/** Runs one input, within a bound of time. */
import type { Target } from './target.ts';

/** Over this an input is a finding: the parsers take well under a millisecond, the oracles some. */
const MOST_MS = 2_000;

/** What is wrong; undefined when every property holds. */
export async function runCase(target: Target, input: Uint8Array): Promise<string | undefined> {
  const startedAt = performance.now();
  try {
    await target.check(Buffer.from(input));
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const tookMs = performance.now() - startedAt;
  return tookMs > MOST_MS ? `took ${Math.round(tookMs)} ms` : undefined;
}
