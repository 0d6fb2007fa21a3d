/** Clocks: the machine's own, and one that tests and the simulation move by hand. Both pass mesh/ports/clock.contract.ts. */
import type { Clock } from '../../ports/clock.ts';

/** The longest delay that Node's timers hold; longer ones fire at once, so they are cut into steps. */
const LONGEST_STEP_MS = 2 ** 31 - 1;

/** The machine's clock. Its timers keep the process alive until they are cancelled. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after,
  every(periodMs, run) {
    const timer = setInterval(run, Math.min(Math.max(periodMs, 1), LONGEST_STEP_MS));
    return () => clearInterval(timer);
  },
};

function after(delayMs: number, run: () => void): () => void {
  let timer: NodeJS.Timeout;
  const step = (remainingMs: number): void => {
    const stepMs = Math.min(Math.max(remainingMs, 0), LONGEST_STEP_MS);
    const rest = remainingMs - stepMs;
    timer = setTimeout(() => (rest > 0 ? step(rest) : run()), stepMs);
  };
  step(delayMs);
  return () => clearTimeout(timer);
}
