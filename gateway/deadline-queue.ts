/** One timer for any number of equal delays: what was added first is due first. */
import { LinkedList, type Link } from '../mesh/kit/linked-list.ts';
import type { Clock } from '../mesh/ports/clock.ts';

export interface Delayed {
  /** Its place in the one queue that it is in; the queue's own. */
  deadline?: Link<unknown>;
}

export interface DeadlineQueue<T extends Delayed> {
  /** Starts the delay of `item`, which must not be in a queue. */
  add(item: T): void;
  /** Forgets `item`, if it is there. */
  remove(item: T): void;
  size(): number;
  /** The one that is due next. */
  oldest(): T | undefined;
  /** Oldest first. */
  items(): readonly T[];
  /** Cancels the timer for good: nothing is due any more. */
  stop(): void;
}

interface Due<T> {
  readonly item: T;
  /** Monotonic, ms. */
  readonly at: number;
}

/** Calls `expired` for each item that was not removed within `delayMs`, never early, at most one timer tick late. */
export function deadlineQueue<T extends Delayed>(
  clock: Clock,
  delayMs: number,
  expired: (item: T) => void,
): DeadlineQueue<T> {
  const waiting = new LinkedList<Due<T>>();
  let cancel: (() => void) | undefined;
  let stopped = false;

  const arm = (): void => {
    const { first } = waiting;
    if (first === undefined || cancel || stopped) return;
    cancel = clock.after(Math.max(1, first.item.at - clock.monotonic()), fire);
  };
  const fire = (): void => {
    cancel = undefined;
    const now = clock.monotonic();
    for (let { first } = waiting; first !== undefined && first.item.at <= now; { first } = waiting) {
      waiting.remove(first);
      expired(first.item.item);
    }
    arm();
  };
  return {
    add: (item) => {
      item.deadline = waiting.add({ item, at: clock.monotonic() + delayMs });
      arm();
    },
    remove: ({ deadline }) => void (deadline !== undefined && waiting.remove(deadline)),
    size: () => waiting.size,
    oldest: () => waiting.first?.item.item,
    items: () => waiting.items().map(({ item }) => item),
    stop: () => {
      stopped = true;
      cancel?.();
    },
  };
}
