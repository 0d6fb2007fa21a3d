import type { Clock } from '../../ports/clock.ts';

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

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

const DEFAULT_START_MS = Date.UTC(2026, 0, 1);

/** A clock that stands still until it is moved. `startMs` is its wall time at the start; its monotonic time starts at 0. */
export function createManualClock(startMs = DEFAULT_START_MS): ManualClock {
  const timers = createTimers();
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

interface Timers {
  elapsed(): number;
  set(at: number, run: () => void): () => void;
  /** Runs the first timer due at or before `end`, at its own time; false when there is none. */
  runNext(end: number): boolean;
  moveTo(end: number): void;
  size(): number;
}

function createTimers(): Timers {
  const timers = new Map<number, Timer>();
  let elapsed = 0;
  let order = 0;
  return {
    elapsed: () => elapsed,
    set(at, run) {
      order += 1;
      const id = order;
      timers.set(id, { at, order: id, run });
      return () => void timers.delete(id);
    },
    runNext(end) {
      const next = earliest(timers.values());
      if (next === undefined || next.at > end) return false;
      timers.delete(next.order);
      elapsed = Math.max(elapsed, next.at);
      next.run();
      return true;
    },
    moveTo(end) {
      elapsed = Math.max(elapsed, end);
    },
    size: () => timers.size,
  };
}

function repeat(timers: Timers, periodMs: number, run: () => void): () => void {
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

function earliest(timers: Iterable<Timer>): Timer | undefined {
  let first: Timer | undefined;
  for (const timer of timers) {
    if (first === undefined || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) {
      first = timer;
    }
  }
  return first;
}

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
