import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClusterName } from '../../model/names.ts';
import type { FailoverPolicy, LevelSelector } from '../../model/policy.ts';
import type { EndpointGroup, Shares } from '../../model/shares.ts';
import { decideShares } from './decide-shares.ts';
import { DEFAULT_FAILOVER } from './default-policy.ts';

const from = { cluster: 'east' as ClusterName, region: 'eu', zone: 'eu-1' };
const places: Record<string, readonly [string, string]> = {
  east: ['eu', 'eu-1'],
  east2: ['eu', 'eu-2'],
  west: ['us', 'us-1'],
};

function group(cluster: string, healthy: number, total: number, ramp = 1): EndpointGroup {
  const [region, zone] = places[cluster] ?? ['xx', 'xx-1'];
  return { cluster: cluster as ClusterName, region, zone, total, ready: total, healthy, ramp };
}

function decide(groups: readonly EndpointGroup[], policy: Partial<FailoverPolicy> = {}): Shares {
  return decideShares({ policy: { ...DEFAULT_FAILOVER, ...policy }, from, groups });
}

function sharesByCluster(shares: Shares): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { group: g, share } of shares.groups) found[g.cluster] = (found[g.cluster] ?? 0) + share;
  return found;
}

describe('decideShares against the tables of Envoy’s documentation (factor 1.4, integers truncated)', () => {
  const factor = { threshold: 100 / 1.4, panic: 0 };

  it.each([
    [100, 100, 100, 0],
    [72, 72, 100, 0],
    [71, 71, 99, 1],
    [50, 50, 70, 30],
    [25, 100, 35, 65],
    [25, 25, 50, 50],
    [0, 100, 0, 100],
  ])('P0 %i %% and P1 %i %% healthy: %i %% and %i %%', (p0, p1, to0, to1) => {
    const found = sharesByCluster(decide([group('east', p0, 100), group('east2', p1, 100)], factor));
    expect(Math.abs((found['east'] ?? 0) - to0)).toBeLessThanOrEqual(1);
    expect(Math.abs((found['east2'] ?? 0) - to1)).toBeLessThanOrEqual(1);
  });

  it.each([
    [100, 100, 100, 100, 0, 0],
    [72, 72, 100, 100, 0, 0],
    [71, 71, 100, 99, 1, 0],
    [50, 60, 100, 70, 30, 0],
    [25, 100, 100, 35, 65, 0],
    [25, 25, 100, 35, 35, 30],
    [25, 25, 25, 35, 35, 30],
    [20, 20, 20, 33, 33, 33],
    [0, 0, 100, 0, 0, 100],
  ])('and by the same formula for three: P0 %i %%, P1 %i %%, P2 %i %%', (p0, p1, p2, to0, to1, to2) => {
    const groups = [group('east', p0, 100), group('east2', p1, 100), group('west', p2, 100)];
    const found = sharesByCluster(decide(groups, factor));
    expect(Math.abs((found['east'] ?? 0) - to0)).toBeLessThanOrEqual(1);
    expect(Math.abs((found['east2'] ?? 0) - to1)).toBeLessThanOrEqual(1);
    expect(Math.abs((found['west'] ?? 0) - to2)).toBeLessThanOrEqual(1);
  });
});

describe('decideShares', () => {
  it('says why, in the words of the sample session', () => {
    const shares = decide([group('east', 2, 4), group('east2', 3, 3), group('west', 3, 3)]);
    expect(
      shares.groups.map(({ group: g, share, levelName }) => [g.cluster, Math.round(share), levelName]),
    ).toEqual([
      ['east', 70, 'same zone'],
      ['east2', 30, 'same region'],
      ['west', 0, 'elsewhere'],
    ]);
    expect(shares.groups[0]?.why).toBe(
      '50 % healthy is under the threshold of 71.4 %: 50/71.4 = 70 % can stay, the rest spills',
    );
    expect(shares.groups[1]?.why).toBe('takes the spill');
    expect(shares.groups[2]?.why).toBe('not needed');
  });

  it('honours any threshold exactly', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 100 }),
        (threshold, healthy) => {
          const found = sharesByCluster(
            decide([group('east', healthy, 100), group('west', 1, 1)], { threshold }),
          );
          expect(found['east']).toBeCloseTo(Math.min(100, (100 * healthy) / threshold), 9);
        },
      ),
    );
  });

  it('sums to 100 with what is shed, gives no share below 0, and none to what is unhealthy outside panic', () => {
    const anyGroup = fc.record({
      cluster: fc.constantFrom('east', 'east2', 'west', 'south'),
      total: fc.integer({ min: 0, max: 9 }),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
      ramp: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    const selectors: readonly LevelSelector[] = [
      {
        kind: 'clusters',
        clusters: [
          { name: 'east', weight: 3 },
          { name: 'west', weight: 1 },
        ],
      },
      { kind: 'others' },
    ];
    const anyPolicy = fc.record({
      threshold: fc.integer({ min: 1, max: 100 }),
      levels: fc.constantFrom(DEFAULT_FAILOVER.levels, selectors),
      overflow: fc.constantFrom('keep' as const, 'shed' as const),
      cap: fc.option(fc.integer({ min: 1, max: 200 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(anyGroup, { maxLength: 6 }), anyPolicy, (drafts, { cap, ...policy }) => {
        const groups = drafts.map((d) => group(d.cluster, Math.floor(d.part * d.total), d.total, d.ramp));
        const shares = decide(groups, { ...policy, ...(cap === undefined ? {} : { cap }) });
        const sum = shares.shed + shares.groups.reduce((a, { share }) => a + share, 0);
        const endpoints = groups.reduce((a, g) => a + g.total, 0);
        expect(sum).toBeCloseTo(endpoints === 0 ? 0 : 100, 6);
        for (const { group: g, share } of shares.groups) {
          expect(share).toBeGreaterThanOrEqual(0);
          if (!shares.panic && g.healthy === 0) expect(share).toBe(0);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('weighs the clusters of one level, and lets a weaker one carry less', () => {
    const levels: LevelSelector[] = [
      {
        kind: 'clusters',
        clusters: [
          { name: 'east', weight: 1 },
          { name: 'west', weight: 3 },
        ],
      },
    ];
    expect(sharesByCluster(decide([group('east', 9, 9), group('west', 1, 1)], { levels }))).toEqual({
      east: 25,
      west: 75,
    });
    const halved = sharesByCluster(
      decide([group('east', 4, 4), group('west', 2, 4)], { levels, threshold: 100 }),
    );
    expect(halved['west']).toBeCloseTo((100 * 1.5) / 2.5, 9);
  });

  it('gives nothing to a cluster that the policy leaves out, and says so', () => {
    const levels: LevelSelector[] = [{ kind: 'clusters', clusters: [{ name: 'west', weight: 1 }] }];
    const shares = decide([group('east', 3, 3), group('west', 3, 3)], { levels });
    expect(sharesByCluster(shares)).toEqual({ west: 100, east: 0 });
    expect(shares.groups[1]?.why).toBe('not in the order of the policy');
  });

  it('caps what a later level takes over by its own healthy endpoints: the rest is shed, or kept', () => {
    const down = [group('east', 0, 4), group('west', 2, 2)];
    const shed = decide(down, { cap: 80, overflow: 'shed' });
    expect(sharesByCluster(shed)).toEqual({ east: 0, west: 40 });
    expect(shed.shed).toBeCloseTo(60, 9);
    expect(sharesByCluster(decide(down, { cap: 80, overflow: 'keep' }))).toEqual({ east: 0, west: 100 });
    const half = sharesByCluster(
      decide([group('east', 1, 4), group('west', 1, 2)], { cap: 80, overflow: 'keep' }),
    );
    expect(half['west']).toBeCloseTo(20, 9);
    expect(half['east']).toBeCloseTo(80, 9);
  });

  it('panics only when all levels together cannot carry the load, and then spreads over what is ready', () => {
    expect(decide([group('east', 0, 4), group('west', 3, 3)]).panic).toBe(false);
    const panicked = decide([group('east', 1, 4), group('west', 0, 4)]);
    expect(panicked.panic).toBe(true);
    expect(sharesByCluster(panicked)).toEqual({ east: 50, west: 50 });
    const known = decide([{ ...group('east', 0, 4), ready: 0 }, group('west', 0, 2)]);
    expect(sharesByCluster(known)).toEqual({ east: 0, west: 100 });
  });

  it('ramps a recovered cluster linearly over the whole ramp, and ignores the ramp where nothing else is left', () => {
    const at = (ramp: number): number =>
      sharesByCluster(decide([group('east', 3, 3, ramp), group('east2', 3, 3)]))['east'] ?? 0;
    expect([0, 0.1, 0.5, 1].map(at).map(Math.round)).toEqual([0, 10, 50, 100]);
    expect(sharesByCluster(decide([group('east', 3, 3, 0), group('east2', 0, 3)]))).toEqual({
      east: 100,
      east2: 0,
    });
  });
});
