/** Runs a piece of work soon after it was asked for, once for however many asked; level-triggered. */
import type { Clock } from '../mesh/ports/clock.ts';

export interface Coalesced {
  /** Asks for a run. */
  request(): void;
  /** Nothing runs after it. Idempotent. */
  stop(): void;
}

const SOON_MS = 1;
/** Under a storm of changes the work takes at most half of the processor, and waits at most this long. */
const LONGEST_WAIT_MS = 50;
/** Repairs what was missed. */
const FULL_PASS_MS = 5 * 60_000;

export function coalesce(clock: Clock, run: () => void): Coalesced {
  let cancel: (() => void) | undefined;
  let lastTookMs = 0;
  let lastEnded = -Infinity;
  let stopped = false;
  const runNow = (): void => {
    cancel = undefined;
    const started = clock.monotonic();
    run();
    lastEnded = clock.monotonic();
    lastTookMs = lastEnded - started;
  };
  const request = (): void => {
    if (stopped) return;
    const rest = Math.min(LONGEST_WAIT_MS, lastTookMs) - (clock.monotonic() - lastEnded);
    cancel ??= clock.after(Math.max(SOON_MS, rest), runNow);
  };
  const stopPasses = clock.every(FULL_PASS_MS, request);
  return {
    request,
    stop() {
      stopped = true;
      stopPasses();
      cancel?.();
    },
  };
}
