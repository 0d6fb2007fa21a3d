/** One coarse timer for all deadlines of a sidecar, so that no request and no connection needs a timer of its own. */
import type { Clock } from '../mesh/ports/clock.ts';

export interface Ticker {
  /**
   * Calls `run` with the monotonic time at each tick, until the returned function is called. A tick that comes late is
   * left out, never two in a row: what has arrived while this process stood still is read only after it, and would be
   * taken for silence.
   */
  onTick(run: (nowMs: number) => void): () => void;
  stop(): void;
}

/** In periods from the tick before. */
const LATE = 2;

export function startTicker(clock: Pick<Clock, 'every' | 'monotonic'>, periodMs: number): Ticker {
  const runs = new Set<(nowMs: number) => void>();
  let last = clock.monotonic();
  let leftOut = false;
  const cancel = clock.every(periodMs, () => {
    const now = clock.monotonic();
    leftOut = !leftOut && now - last > LATE * periodMs;
    last = now;
    if (leftOut) return;
    for (const run of runs) run(now);
  });
  return {
    onTick(run) {
      runs.add(run);
      return () => void runs.delete(run);
    },
    stop() {
      cancel();
      runs.clear();
    },
  };
}
