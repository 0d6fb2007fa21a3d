/** When to probe a target that is suspect or ejected: soon at first, then more rarely. */
const FIRST_MS = 250;
const LONGEST_MS = 5000;

/** Milliseconds to wait before probe number `attempt` (0-based); `jitter` in [0, 1). */
export function probeDelayMs(attempt: number, jitter: number): number {
  const base = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  return base * (0.75 + 0.5 * jitter);
}
