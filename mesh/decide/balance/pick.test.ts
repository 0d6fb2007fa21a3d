import { describe, expect, it } from 'vitest';
import type { Shares } from '../../model/shares.ts';
import { countRequest, createRetryBudget, tryRetry } from '../retry-budget.ts';
import { pickGroup, pickTwoChoices, prepareShares, slowStartLoad } from './pick.ts';

const shares = (parts: readonly number[], shed = 0): Shares => ({
  ...{ shed, panic: false },
  groups: parts.map((share, i) => ({
    group: { cluster: `c${i}` } as never,
    level: i,
    levelName: '',
    share,
    why: '',
  })),
});

describe('pickGroup', () => {
  it('meets the shares exactly over an even spread of chance, and sheds the rest', () => {
    const table = prepareShares(shares([50, 0, 30], 20));
    const counts: Record<string, number> = {};
    for (let i = 0; i < 1000; i++) {
      const picked = pickGroup(table, i / 1000);
      const name = picked === 'shed' || picked === undefined ? String(picked) : picked.group.cluster;
      counts[name] = (counts[name] ?? 0) + 1;
    }
    expect(counts).toEqual({ c0: 500, c2: 300, shed: 200 });
  });

  it('sheds nothing that rounding left over, and knows when there is nobody', () => {
    expect(pickGroup(prepareShares(shares([33.333333, 33.333333, 33.333333])), 0.999999999)).toMatchObject({
      level: 2,
    });
    expect(pickGroup(prepareShares(shares([])), 0)).toBeUndefined();
  });
});

describe('pickTwoChoices', () => {
  it('takes the less loaded of two different ones', () => {
    const loads = [9, 1, 5];
    const order = [0.0, 0.99];
    expect(
      pickTwoChoices(
        3,
        (i) => loads[i] ?? 0,
        () => order.shift() ?? 0,
      ),
    ).toBe(2);
    expect(
      pickTwoChoices(
        1,
        () => 0,
        () => 0,
      ),
    ).toBe(0);
    expect(
      pickTwoChoices(
        0,
        () => 0,
        () => 0,
      ),
    ).toBe(-1);
    for (let i = 0; i < 100; i++) expect(pickTwoChoices(2, (k) => k, Math.random)).toBe(0);
  });

  it('starts a new endpoint slowly', () => {
    expect(slowStartLoad(3, 30_000, 30_000)).toBe(3);
    expect(slowStartLoad(0, 3000, 30_000)).toBe(10);
  });
});

describe('the retry budget', () => {
  it('is 20 % of the last 10 s, and 100 at least', () => {
    const budget = createRetryBudget();
    const spend = (nowMs: number): number => {
      let granted = 0;
      while (tryRetry(budget, nowMs)) granted++;
      return granted;
    };
    expect(spend(0)).toBe(100);
    for (let ms = 10_000; ms < 20_000; ms += 5) countRequest(budget, ms);
    expect(spend(19_999)).toBe(400);
    expect(spend(24_000)).toBe(0);
    expect(spend(60_000)).toBe(100);
  });
});
