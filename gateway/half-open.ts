/**
 * Connections between accept and spliced. They have one absolute deadline and two caps; at a cap the oldest one goes,
 * not the newest: a client that means it is done within a round trip, so a flood of silent ones cannot shut it out.
 */
import { LinkedList, type Link } from '../mesh/kit/linked-list.ts';
import type { ReasonCode } from '../mesh/model/reason.ts';
import type { Clock } from '../mesh/ports/clock.ts';
import { deadlineQueue, type Delayed } from './deadline-queue.ts';

export interface HalfOpenLimits {
  readonly helloDeadlineMs: number;
  readonly maxHalfOpen: number;
  readonly maxHalfOpenPerSource: number;
}

export interface Waiting extends Delayed {
  readonly source: string;
  /** Its place among those of its source; the pool's own. */
  sibling?: Link<unknown>;
  /** Ends it; called at most once, after it has left the pool. */
  expel(reason: ReasonCode): void;
}

export interface HalfOpenPool {
  add(waiting: Waiting): void;
  remove(waiting: Waiting): void;
  size(): number;
  /** Ends all of them. */
  stop(): void;
}

export function halfOpenPool(clock: Clock, limits: HalfOpenLimits): HalfOpenPool {
  const bySource = new Map<string, LinkedList<Waiting>>();

  const forget = (waiting: Waiting): void => {
    all.remove(waiting);
    const siblings = bySource.get(waiting.source);
    if (waiting.sibling === undefined || !siblings?.remove(waiting.sibling)) return;
    if (siblings.size === 0) bySource.delete(waiting.source);
  };
  const expel = (waiting: Waiting, reason: ReasonCode): void => {
    forget(waiting);
    waiting.expel(reason);
  };
  const all = deadlineQueue<Waiting>(clock, limits.helloDeadlineMs, (waiting) =>
    expel(waiting, 'hello_timeout'),
  );
  const trim = (oldest: Waiting | undefined, excess: number): void => {
    if (excess > 0 && oldest) expel(oldest, 'hello_half_open_cap');
  };
  return {
    add: (waiting) => {
      const siblings = bySource.get(waiting.source) ?? new LinkedList();
      bySource.set(waiting.source, siblings);
      waiting.sibling = siblings.add(waiting);
      all.add(waiting);
      trim(siblings.first?.item, siblings.size - limits.maxHalfOpenPerSource);
      trim(all.oldest(), all.size() - limits.maxHalfOpen);
    },
    remove: forget,
    size: () => all.size(),
    stop: () => {
      for (const waiting of all.items()) expel(waiting, 'draining');
      all.stop();
    },
  };
}
