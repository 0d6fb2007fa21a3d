/** One coarse timer for all deadlines of a sidecar, so that no request and no connection needs a timer of its own. */
import type { Clock } from '../mesh/ports/clock.ts';

export interface Ticker {
  /** Calls `run` with the monotonic time at each tick, until the returned function is called. */
  onTick(run: (nowMs: number) => void): () => void;
  stop(): void;
}

export function startTicker(clock: Clock, periodMs: number): Ticker {
  const runs = new Set<(nowMs: number) => void>();
  const cancel = clock.every(periodMs, () => {
    const now = clock.monotonic();
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
