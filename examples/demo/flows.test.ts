import { describe, expect, it } from 'vitest';
import type { ServiceKey } from '../../mesh/model/names.ts';
import { flowsBetween, pickEarlier, type Snapshot } from './flows.ts';

type Seen = Readonly<Record<string, number>>;

function report(cluster: string, proxy: string, sent: Seen, failed = 0): Snapshot[number] {
  const service = 'shop/cart' as ServiceKey;
  const observation = { service, groups: [], sent, failed, rate: 10, p50Ms: 2, p99Ms: 9 };
  const workload = 'shop/web' as ServiceKey;
  return { cluster, report: { proxy, workload, viewVersion: 1, services: [observation] } };
}

describe('flowsBetween', () => {
  it('tells what was sent since, not since the start', () => {
    const before = [report('east', 'web-1', { east: 1000 }, 3)];
    const after = [report('east', 'web-1', { east: 1025, west: 75 }, 4)];
    expect(flowsBetween(before, after)).toEqual([
      {
        ...{ cluster: 'east', caller: 'shop/web', service: 'shop/cart', failed: 1 },
        ...{ sent: { east: 25, west: 75 }, rate: 10, p50Ms: 2, p99Ms: 9 },
      },
    ]);
  });

  it('counts a sidecar that was not there before from its start', () => {
    const before = [report('east', 'web-1', { east: 1000 })];
    const [flow] = flowsBetween(before, [report('east', 'web-2', { east: 7 })]);
    expect(flow?.sent).toEqual({ east: 7 });
  });

  it('joins the sidecars of one caller in a cluster, and keeps clusters apart, in order', () => {
    const all = [
      report('west', 'web-1', { west: 1 }),
      report('east', 'web-2', { east: 2, west: 1 }),
      report('east', 'web-1', { east: 3 }),
    ];
    expect(flowsBetween([], all).map(({ cluster, sent, rate }) => ({ cluster, sent, rate }))).toEqual([
      { cluster: 'east', sent: { east: 5, west: 1 }, rate: 20 },
      { cluster: 'west', sent: { west: 1 }, rate: 10 },
    ]);
  });

  it('leaves out where nothing went', () => {
    const same = [report('east', 'web-1', { east: 5, west: 5 })];
    expect(flowsBetween(same, same)[0]?.sent).toEqual({});
  });
});

describe('pickEarlier', () => {
  const history = [{ at: 0 }, { at: 500 }, { at: 1000 }];
  it.each([
    [2600, [500, 1000]],
    [2400, [0, 500, 1000]],
    [100, [0, 500, 1000]],
    [9000, [1000]],
  ])('at %i ms keeps one that is old enough, and what is younger', (nowMs, kept) => {
    expect(pickEarlier(history, { nowMs, ageMs: 2000 }).map(({ at }) => at)).toEqual(kept);
  });
});
