/** One timer for any number of equal delays: what was added first is due first. */
import type { Clock } from '../mesh/ports/clock.ts';

export interface DeadlineQueue<T> {
  /** Starts the delay of `item`; an item is in the queue once. */
  add(item: T): void;
  /** Forgets `item`, if it is there. */
  remove(item: T): void;
  /** Cancels the timer and forgets everything. */
  stop(): void;
}

/** Calls `expired` for each item that was not removed within `delayMs`, never early, at most one timer tick late. */
export function deadlineQueue<T>(
  clock: Clock,
  delayMs: number,
  expired: (item: T) => void,
): DeadlineQueue<T> {
  const dueAt = new Map<T, number>();
  let cancel: (() => void) | undefined;

  const arm = (): void => {
    const [first] = dueAt.values();
    if (first === undefined || cancel) return;
    cancel = clock.after(Math.max(1, first - clock.monotonic()), fire);
  };
  const fire = (): void => {
    cancel = undefined;
    const now = clock.monotonic();
    for (const [item, due] of dueAt) {
      if (due > now) break;
      dueAt.delete(item);
      expired(item);
    }
    arm();
  };
  return {
    add: (item) => {
      dueAt.delete(item);
      dueAt.set(item, clock.monotonic() + delayMs);
      arm();
    },
    remove: (item) => void dueAt.delete(item),
    stop: () => {
      cancel?.();
      cancel = undefined;
      dueAt.clear();
    },
  };
}
