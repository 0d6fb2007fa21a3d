import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideLease, isLeading, LEASE_TIMES, seeLease, type Lease, type SeenLease } from './lease.ts';

const { durationMs, renewDeadlineMs } = LEASE_TIMES;
const lease = (holder: string, version = '1', epoch = 4): Lease => ({ holder, durationMs, epoch, version });

describe('a lease', () => {
  it('is taken when there is none, was given back, or has not changed for its duration', () => {
    expect(decideLease({ lease: undefined, sinceMs: 0 }, 'a', 0)).toEqual({ kind: 'take', epoch: 1 });
    expect(decideLease({ lease: lease(''), sinceMs: 0 }, 'a', 1)).toEqual({ kind: 'take', epoch: 5 });
    const seen = { lease: lease('b'), sinceMs: 1000 };
    expect(decideLease(seen, 'a', 1000 + durationMs - 1)).toEqual({ kind: 'wait' });
    expect(decideLease(seen, 'a', 1000 + durationMs)).toEqual({ kind: 'take', epoch: 5 });
  });

  it('is renewed by its holder in the same epoch', () => {
    expect(decideLease({ lease: lease('a'), sinceMs: 0 }, 'a', 60_000)).toEqual({ kind: 'renew', epoch: 4 });
  });

  it('counts from when it was seen to change, whatever its own times say', () => {
    const first = seeLease(undefined, lease('b', '1'), 5000);
    expect(seeLease(first, lease('b', '1'), 9000)).toBe(first);
    expect(seeLease(first, lease('b', '2'), 9000).sinceMs).toBe(9000);
  });

  it('is led by until the renewal is too old, also after a pause of any length', () => {
    expect(isLeading(undefined, 0, LEASE_TIMES)).toBe(false);
    expect(isLeading(1000, 1000 + renewDeadlineMs - 1, LEASE_TIMES)).toBe(true);
    expect(isLeading(1000, 1000 + renewDeadlineMs, LEASE_TIMES)).toBe(false);
  });

  it('has one leader at most, whoever is paused and for how long (F20)', () => {
    const step = fc.record({ who: fc.constantFrom('a', 'b', 'c'), passMs: fc.nat(20_000) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let now = 0;
        let stored: Lease | undefined;
        const seen = new Map<string, SeenLease>();
        const renewedAt = new Map<string, number>();
        const leaders = (): string[] =>
          ['a', 'b', 'c'].filter((who) => isLeading(renewedAt.get(who), now, LEASE_TIMES));
        const epochs: number[] = [];
        for (const { who, passMs } of steps) {
          now += passMs;
          seen.set(who, seeLease(seen.get(who), stored, now));
          const move = decideLease(seen.get(who)!, who, now);
          if (move.kind === 'wait') continue;
          stored = lease(who, `${Number(stored?.version ?? 0) + 1}`, move.epoch);
          renewedAt.set(who, now);
          epochs.push(move.epoch);
          expect(leaders()).toEqual([who]);
        }
        expect(epochs).toEqual([...epochs].sort((a, b) => a - b));
      }),
      { numRuns: 2000 },
    );
  });
});
