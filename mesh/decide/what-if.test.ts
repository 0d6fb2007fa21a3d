import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_FAILOVER } from './failover/default-policy.ts';
import { decide, FROM_EAST, group, sharesByCluster } from './failover/testing/sample-groups.ts';
import { simulateDown, whatIf } from './what-if.ts';

const groups = [group('east', [4, 4]), group('east2', [3, 3]), group('west', [3, 3])];
const input = { policy: DEFAULT_FAILOVER, from: FROM_EAST, groups };

describe('simulateDown', () => {
  it.each([
    [{ clusters: ['east'] }, { east: 0, east2: 100, west: 0 }],
    [{ regions: ['eu'] }, { east: 0, east2: 0, west: 100 }],
    [{ zones: ['eu/eu-1'] }, { east: 0, east2: 100, west: 0 }],
    [{ zones: ['us/eu-1'] }, { east: 100, east2: 0, west: 0 }],
    [
      { clusters: ['east'], regions: ['us'] },
      { east: 0, east2: 100, west: 0 },
    ],
    [{}, { east: 100, east2: 0, west: 0 }],
  ])('%j', (down, shares) => {
    expect(sharesByCluster(simulateDown(input, down))).toEqual(shares);
  });

  it('says what was supposed, and does not panic over what is supposed to be gone', () => {
    const shares = simulateDown(input, { clusters: ['east', 'east2'] });
    expect(shares.groups[0]?.why).toBe('nothing healthy here; supposed to be down');
    expect(shares.panic).toBe(false);
  });

  it('decides as the proxies would on groups with nothing ready, and never sends there while others are', () => {
    const names = fc.subarray(['east', 'east2', 'west'], { maxLength: 2 });
    fc.assert(
      fc.property(names, fc.integer({ min: 0, max: 4 }), (clusters, healthy) => {
        const some = [group('east', [healthy, 4]), ...groups.slice(1)];
        const after = simulateDown({ ...input, groups: some }, { clusters });
        const wanted = decide(
          some.map((g) => (clusters.includes(g.cluster) ? { ...g, ready: 0, healthy: 0 } : g)),
        );
        expect(sharesByCluster(after)).toEqual(sharesByCluster(wanted));
        for (const name of clusters) expect(sharesByCluster(after)[name]).toBe(0);
      }),
    );
  });
});

it('whatIf takes down the own cluster, then the own region', () => {
  expect(whatIf(input).map(({ down, shares }) => [down, sharesByCluster(shares)])).toEqual([
    ['east', { east: 0, east2: 100, west: 0 }],
    ['eu', { east: 0, east2: 0, west: 100 }],
  ]);
});
