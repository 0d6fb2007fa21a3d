import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Shares } from '../../model/shares.ts';
import { decide, group } from '../failover/testing/sample-groups.ts';
import { nextEven, pickGroup, pickTwoChoices, prepareShares, slowStartLoad } from './pick.ts';

const shares = (parts: readonly number[], shed = 0): Shares => ({
  ...{ shed, panic: false },
  groups: parts.map((share, i) => ({
    ...{ group: group(`c${i}`, [1, 1]), level: i, levelName: '', share, why: '' },
  })),
});

/** What is picked over an even spread of chance, by cluster. */
function spread(of: Shares, picks: number): Record<string, number> {
  const table = prepareShares(of);
  const counts: Record<string, number> = {};
  for (let i = 0; i < picks; i++) {
    const picked = pickGroup(table, (i + 0.5) / picks);
    const name = typeof picked === 'object' ? picked.group.cluster : String(picked);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

describe('pickGroup', () => {
  it('meets the shares exactly over an even spread of chance, and sheds the rest', () => {
    expect(spread(shares([50, 0, 30], 20), 1000)).toEqual({ c0: 500, c2: 300, shed: 200 });
  });

  it('sheds nothing that rounding left over, and knows when there is nobody', () => {
    const thirds = prepareShares(shares([33.333333, 33.333333, 33.333333]));
    expect(pickGroup(thirds, 0.999999999)).toMatchObject({ level: 2 });
    expect(pickGroup(prepareShares(shares([])), 0)).toBeUndefined();
    expect(pickGroup(prepareShares(shares([0, 0])), 0.5)).toBeUndefined();
  });

  it('gives each cluster what was decided, within one pick in each group', () => {
    const healthy = fc.integer({ min: 0, max: 4 });
    fc.assert(
      fc.property(healthy, healthy, healthy, (a, b, c) => {
        const decided = decide([group('east', [a, 4]), group('east2', [b, 4]), group('west', [c, 4])]);
        const counts = spread(decided, 500);
        for (const { group: g, share } of decided.groups) {
          expect(Math.abs((counts[g.cluster] ?? 0) - 5 * share)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});

const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('nextEven', () => {
  it('gives every part of [0, 1) its share of any requests in a row, within six', () => {
    fc.assert(
      fc.property(chance, chance, chance, fc.integer({ min: 1, max: 2000 }), (start, one, other, count) => {
        const [from, to] = [Math.min(one, other), Math.max(one, other)];
        let [last, inside] = [start, 0];
        for (let i = 0; i < count; i++) {
          last = nextEven(last);
          expect(last >= 0 && last < 1).toBe(true);
          if (last >= from && last < to) inside++;
        }
        expect(Math.abs(inside - count * (to - from))).toBeLessThanOrEqual(6);
      }),
    );
  });
});

describe('pickTwoChoices', () => {
  it.each([
    [0, -1],
    [1, 0],
  ])('of %i candidates picks %i', (count, picked) => {
    expect(
      pickTwoChoices(
        count,
        () => 0,
        () => 0.5,
      ),
    ).toBe(picked);
  });

  it('compares two different ones and takes the less loaded', () => {
    const loads = fc.array(fc.nat(9), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(loads, chance, chance, (all, first, second) => {
        const asked = new Set<number>();
        const load = (i: number): number => {
          asked.add(i);
          return all[i] ?? Number.NaN;
        };
        const order = [first, second];
        const picked = pickTwoChoices(all.length, load, () => order.shift() ?? 0);
        expect(asked.size).toBe(2);
        expect(asked.has(picked)).toBe(true);
        expect(all[picked]).toBe(Math.min(...[...asked].map((i) => all[i] ?? Number.NaN)));
      }),
    );
  });

  it('compares every pair as often as any other', () => {
    const counts = new Map<string, number>();
    for (let a = 0; a < 12; a++) {
      for (let b = 0; b < 12; b++) {
        const [pair, order]: [number[], number[]] = [[], [(a + 0.5) / 12, (b + 0.5) / 12]];
        pickTwoChoices(
          4,
          (i) => pair.push(i),
          () => order.shift() ?? 0,
        );
        const key = pair.sort().join();
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    }
    expect([...counts.values()]).toEqual(Array.from({ length: 6 }, () => 24));
  });
});

describe('slow start', () => {
  it.each([
    ['a grown one looks as loaded as it is', 3, 30_000, 3],
    ['an idle one of a tenth of the time looks as if it had ten', 0, 3000, 10],
    ['one of half the time looks twice as loaded', 3, 15_000, 8],
    ['the newest is not shut out', 0, 0, 20],
  ])('%s', (_, load, ageMs, seen) => {
    expect(slowStartLoad(load, ageMs, 30_000)).toBe(seen);
  });

  it('never looks lighter than it is, nor heavier as it grows', () => {
    const age = fc.integer({ min: 0, max: 60_000 });
    fc.assert(
      fc.property(fc.nat(100), age, age, (load, a, b) => {
        const [younger, older] = [Math.min(a, b), Math.max(a, b)];
        expect(slowStartLoad(load, younger, 30_000)).toBeGreaterThanOrEqual(
          slowStartLoad(load, older, 30_000),
        );
        expect(slowStartLoad(load, older, 30_000)).toBeGreaterThanOrEqual(load);
      }),
    );
  });
});
