import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, group, sharesByCluster, whyByCluster } from './testing/sample-groups.ts';

describe('the cap', () => {
  const down = [group('east', [0, 4]), group('east2', [1, 2]), group('west', [2, 2])];

  it('holds a later level to its own healthy endpoints; the excess goes on, and the rest is shed', () => {
    const shares = decide(down, { cap: 80, overflow: 'shed', threshold: 50 });
    expect(sharesByCluster(shares)).toEqual({ east: 0, east2: 20, west: 40 });
    expect(shares.shed).toBeCloseTo(40, 9);
    expect(whyByCluster(shares)['west']).toBe('takes the spill up to its cap of 80 % (40 % of all load)');
  });

  it('never holds the first level that has endpoints, nor a level that takes less', () => {
    const shares = decide([group('east', [0, 0]), group('east2', [4, 4])], { cap: 10, overflow: 'shed' });
    expect([sharesByCluster(shares)['east2'], shares.shed]).toEqual([100, 0]);
    const within = decide([group('east', [2, 4]), group('east2', [3, 3])], { cap: 80, overflow: 'shed' });
    expect(sharesByCluster(within)['east2']).toBeCloseTo(100 - 50 / 0.714, 9);
    expect(whyByCluster(within)['east2']).toBe('takes the spill, within its cap of 80 %');
  });

  it('keeps the overflow in the first level while it has a healthy endpoint', () => {
    const shares = decide([group('east', [1, 4]), group('west', [1, 2])], { cap: 80, overflow: 'keep' });
    expect(sharesByCluster(shares)['west']).toBeCloseTo(20, 9);
    expect(sharesByCluster(shares)['east']).toBeCloseTo(80, 9);
    expect(whyByCluster(shares)['east']).toMatch(
      /^keeps what is over the caps of the others: 80 % instead of 3/,
    );
  });

  it('else gives it to those that can serve, by their endpoints, and says so', () => {
    const shares = decide(down, { cap: 80, overflow: 'keep', threshold: 50 });
    expect(sharesByCluster(shares)['east2']).toBeCloseTo(20 + 40 / 3, 9);
    expect(sharesByCluster(shares)['west']).toBeCloseTo(40 + 80 / 3, 9);
    expect(shares.shed).toBe(0);
    expect(whyByCluster(shares)['west']).toBe(
      'takes the spill and what is over its cap of 80 % too, as nobody else may take it',
    );
  });

  it('is never exceeded while the overflow is shed', () => {
    const size = fc.integer({ min: 0, max: 9 });
    const someGroup = fc.tuple(size, size).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
    const capped = fc.tuple(someGroup, someGroup, someGroup, fc.integer({ min: 1, max: 150 }));
    fc.assert(
      fc.property(capped, ([a, b, c, cap]) => {
        fc.pre(a[1] > 0);
        const groups = [group('east', a), group('east2', b), group('west', c)];
        const shares = decide(groups, { cap, overflow: 'shed', panic: 0 });
        fc.pre(!shares.panic);
        for (const { group: g, share } of shares.groups.slice(1)) {
          expect(share).toBeLessThanOrEqual((cap * g.healthy) / a[1] + 1e-9);
        }
      }),
    );
  });
});
