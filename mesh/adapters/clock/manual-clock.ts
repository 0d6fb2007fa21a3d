import type { Clock } from '../../ports/clock.ts';
import { createTimerQueue, type TimerQueue } from './timer-queue.ts';

export interface ManualClock extends Clock {
  /**
   * Moves time on by `ms` and runs every timer that falls due on the way, each at its own time: earliest first, and
   * among equals the one set first. Timers set by a timer run too, if they fall due within `ms`.
   */
  advance(ms: number): void;
  /** As `advance`, but lets promises and I/O callbacks settle before, between and after the timers. */
  advanceAsync(ms: number): Promise<void>;
  /** Timers that are set and neither run nor cancelled: 0 after a clean stop. */
  pending(): number;
}

const DEFAULT_START_MS = Date.UTC(2026, 0, 1);

/** A clock that stands still until it is moved. `startMs` is its wall time at the start; its monotonic time starts at 0. */
export function createManualClock(startMs = DEFAULT_START_MS): ManualClock {
  const timers = createTimerQueue();
  return {
    now: () => startMs + timers.elapsed(),
    monotonic: timers.elapsed,
    after: (delayMs, run) => timers.set(timers.elapsed() + Math.max(delayMs, 0), run),
    every: (periodMs, run) => repeat(timers, Math.max(periodMs, 1), run),
    advance(ms) {
      const end = timers.elapsed() + ms;
      while (timers.runNext(end));
      timers.moveTo(end);
    },
    async advanceAsync(ms) {
      const end = timers.elapsed() + ms;
      do await settle();
      while (timers.runNext(end));
      timers.moveTo(end);
      await settle();
    },
    pending: timers.size,
  };
}

function repeat(timers: TimerQueue, periodMs: number, run: () => void): () => void {
  let cancel: () => void;
  const setNext = (at: number): void => {
    cancel = timers.set(at, () => {
      setNext(at + periodMs);
      run();
    });
  };
  setNext(timers.elapsed() + periodMs);
  return () => cancel();
}

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
