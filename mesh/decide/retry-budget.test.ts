import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countRequest, createRetryBudget, tryRetry, type RetryBudget } from './retry-budget.ts';

function spendAll(budget: RetryBudget, nowMs: number): number {
  let granted = 0;
  while (tryRetry(budget, nowMs)) granted++;
  return granted;
}

describe('the retry budget', () => {
  it('is 20 % of the last 10 s, and 100 at least', () => {
    const budget = createRetryBudget();
    expect(spendAll(budget, 0)).toBe(100);
    for (let ms = 10_000; ms < 20_000; ms += 5) countRequest(budget, ms);
    expect(spendAll(budget, 19_999)).toBe(400);
    expect(spendAll(budget, 24_000)).toBe(0);
    expect(spendAll(budget, 60_000)).toBe(100);
  });

  it('covers the burst when a cluster that took 150 requests/s falls silent: 60 hedges at once', () => {
    for (const warmMs of [0, 1000, 10_000]) {
      const budget = createRetryBudget();
      for (let ms = 0; ms < warmMs; ms += 1000 / 150) countRequest(budget, ms);
      for (let i = 0; i < 60; i++) expect(tryRetry(budget, warmMs)).toBe(true);
    }
  });

  it('adds no more than a fifth to a service that fails everything (F7)', () => {
    const budget = createRetryBudget();
    let retries = 0;
    for (let ms = 0; ms < 120_000; ms++) {
      countRequest(budget, ms);
      if (tryRetry(budget, ms)) retries++;
    }
    expect(retries / 120_000).toBeLessThanOrEqual(0.2);
    expect(retries / 120_000).toBeGreaterThan(0.19);
  });

  it('never grants more than its allowance in any ten of its seconds, at whatever pace', () => {
    const events = fc.array(
      fc.record({
        wait: fc.constantFrom(0, 1, 300, 999, 1000, 4000, 25_000),
        many: fc.nat(400),
        retry: fc.boolean(),
      }),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(events, (all) => {
        const budget = createRetryBudget();
        const log: { readonly second: number; readonly requests: number; retries: number }[] = [];
        let now = 5_000_000;
        for (const { wait, many, retry } of all) {
          now += wait;
          const entry = { second: Math.floor(now / 1000), requests: retry ? 0 : many, retries: 0 };
          log.push(entry);
          for (let i = 0; i < many; i++) {
            if (!retry) countRequest(budget, now);
            else if (tryRetry(budget, now)) entry.retries++;
          }
          const recent = log.filter(({ second }) => second > entry.second - 10);
          const sum = (field: 'requests' | 'retries'): number => recent.reduce((a, e) => a + e[field], 0);
          const allowance = Math.max(100, sum('requests') / 5);
          if (retry)
            expect(sum('retries')).toBeLessThanOrEqual(Math.max(allowance, sum('retries') - entry.retries));
          if (retry && entry.retries < many) expect(sum('retries') + 1).toBeGreaterThan(allowance);
        }
      }),
    );
  });
});
