/**
 * Connections between accept and spliced. They have one absolute deadline and two caps; at a cap the oldest one goes,
 * not the newest: a client that means it is done within a round trip, so a flood of silent ones cannot shut it out.
 */
import type { ReasonCode } from '../mesh/model/reason.ts';
import type { Clock } from '../mesh/ports/clock.ts';
import { deadlineQueue } from './deadline-queue.ts';

export interface HalfOpenLimits {
  readonly helloDeadlineMs: number;
  readonly maxHalfOpen: number;
  readonly maxHalfOpenPerSource: number;
}

export interface Waiting {
  readonly source: string;
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
  const all = new Set<Waiting>();
  const bySource = new Map<string, Set<Waiting>>();

  const forget = (waiting: Waiting): void => {
    if (!all.delete(waiting)) return;
    deadlines.remove(waiting);
    const siblings = bySource.get(waiting.source);
    siblings?.delete(waiting);
    if (siblings?.size === 0) bySource.delete(waiting.source);
  };
  const expel = (waiting: Waiting, reason: ReasonCode): void => {
    forget(waiting);
    waiting.expel(reason);
  };
  const trim = (pool: ReadonlySet<Waiting>, limit: number): void => {
    const [oldest] = pool;
    if (pool.size > limit && oldest) expel(oldest, 'hello_half_open_cap');
  };
  const deadlines = deadlineQueue<Waiting>(clock, limits.helloDeadlineMs, (waiting) =>
    expel(waiting, 'hello_timeout'),
  );
  return {
    add: (waiting) => {
      const siblings = bySource.get(waiting.source) ?? new Set();
      bySource.set(waiting.source, siblings.add(waiting));
      all.add(waiting);
      deadlines.add(waiting);
      trim(siblings, limits.maxHalfOpenPerSource);
      trim(all, limits.maxHalfOpen);
    },
    remove: forget,
    size: () => all.size,
    stop: () => {
      for (const waiting of [...all]) expel(waiting, 'draining');
      deadlines.stop();
    },
  };
}
