import { describe, expect, test } from 'vitest';
import { judge, type Judged } from './bounds.ts';
import type { Results, Sample } from './results.ts';

function resultsOf(values: Readonly<Record<string, Readonly<Record<string, readonly Sample[]>>>>): Results {
  return new Map(Object.entries(values).map(([scenario, by]) => [scenario, new Map(Object.entries(by))]));
}

function only(judged: readonly Judged[], what: string): Judged {
  const found = judged.find((one) => one.what === what);
  if (found === undefined) throw new Error(what);
  return found;
}

describe('judge', () => {
  test('compares bulk with the better of nginx and HAProxy in each round', () => {
    const bulk = (...rates: number[]): Sample[] => rates.map((bytesPerSecond) => ({ bytesPerSecond }));
    const results = resultsOf({
      'gateway-bulk': { isthmus: bulk(95, 96, 94), nginx: bulk(100, 50, 100), haproxy: bulk(10, 100, 99) },
    });
    expect(only(judge(results), 'gateway, bulk')).toMatchObject({ measured: '0.95 x', met: true });
    const worse = resultsOf({
      'gateway-bulk': { isthmus: bulk(94, 96, 94), nginx: bulk(100, 50, 100), haproxy: bulk(10, 100, 99) },
    });
    expect(only(judge(worse), 'gateway, bulk')).toMatchObject({ measured: '0.94 x', met: false });
  });

  test('what was not measured is not met', () => {
    for (const judged of judge(new Map())) expect(judged).toMatchObject({ measured: undefined, met: false });
  });

  test('18 KiB for an idle connection are in bounds, a byte more is not', () => {
    const idle = (bytesPerConnection: number): Results =>
      resultsOf({ 'gateway-idle': { isthmus: [{ bytesPerConnection }] } });
    expect(only(judge(idle(18_432)), 'gateway, an idle connection').met).toBe(true);
    expect(only(judge(idle(18_433)), 'gateway, an idle connection').met).toBe(false);
  });

  test('the added p99 is compared by medians', () => {
    const hop = (...added: number[]): Sample[] => added.map((addedP99Ms) => ({ addedP99Ms }));
    const results = resultsOf({ hop: { isthmus: hop(0.3, 9, 0.2), nginx: hop(-1, 0.2, 0.4) } });
    const judged = only(judge(results), 'one hop, added p99 at half of its own peak');
    expect(judged).toMatchObject({ measured: '0.30 ms against 0.20 ms', met: true });
  });
});
