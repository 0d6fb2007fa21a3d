import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LevelSelector } from '../../model/policy.ts';
import type { EndpointGroup } from '../../model/shares.ts';
import { DEFAULT_FAILOVER } from './default-policy.ts';
import { decide, group, sharesByCluster, whyByCluster } from './testing/sample-groups.ts';

const cluster = (name: string, weight = 1): LevelSelector => ({
  kind: 'clusters',
  clusters: [{ name, weight }],
});

describe('decideShares', () => {
  it('honours any threshold exactly', () => {
    const percent = fc.integer({ min: 1, max: 100 });
    fc.assert(
      fc.property(percent, percent, (threshold, healthy) => {
        const found = sharesByCluster(
          decide([group('east', [healthy, 100]), group('west', [1, 1])], { threshold }),
        );
        expect(found['east']).toBeCloseTo(Math.min(100, (100 * healthy) / threshold), 9);
      }),
    );
  });

  it.each<[string, LevelSelector[], Partial<EndpointGroup>, number, string]>([
    ['the same zone', [{ kind: 'zone' }], { region: 'eu', zone: 'eu-1' }, 0, 'same zone'],
    [
      'a zone of that name in another region',
      [{ kind: 'zone' }],
      { region: 'us', zone: 'eu-1' },
      1,
      'other region',
    ],
    ['the same region', [{ kind: 'region' }], { region: 'eu', zone: 'eu-9' }, 0, 'same region'],
    [
      'the same cluster',
      [{ kind: 'cluster' }],
      { cluster: 'east' as never, region: 'us' },
      0,
      'same cluster',
    ],
    ['a region near by', [{ kind: 'area' }], { region: 'eu-north-1', zone: 'a' }, 0, 'same area'],
    ['a region that only begins alike', [{ kind: 'area' }], { region: 'eur', zone: 'a' }, 1, 'other region'],
    [
      'the own region where no level says so',
      [{ kind: 'zone' }],
      { region: 'eu', zone: 'b' },
      1,
      'elsewhere',
    ],
    [
      'a named region',
      [{ kind: 'regions', regions: [{ name: 'us', weight: 1 }] }],
      { region: 'us' },
      0,
      'region us',
    ],
    [
      'the first of two levels that select it',
      [{ kind: 'region' }, cluster('south')],
      { region: 'eu' },
      0,
      'same region',
    ],
  ])('finds the level: %s', (_, levels, place, level, levelName) => {
    const [found] = decide([group('south', [1, 1], place)], { levels }).groups;
    expect(found).toMatchObject({ level, levelName, share: 100 });
  });

  it('leaves out what a policy that names clusters does not name, and says so', () => {
    const shares = decide([group('east', [3, 3]), group('west', [3, 3])], { levels: [cluster('west')] });
    expect(sharesByCluster(shares)).toEqual({ west: 100, east: 0 });
    expect(shares.groups[1]).toMatchObject({ levelName: '-', why: 'not in the policy’s order' });
    const levels = [cluster('west'), { kind: 'others' } as const];
    expect(decide([group('east', [3, 3])], { levels }).groups[0]).toMatchObject({ level: 1, share: 100 });
  });

  it('splits one level by healthy endpoints; between weighted clusters by weight, inside them by endpoints', () => {
    const zones = [group('west', [1, 1], { zone: 'a' }), group('west', [3, 3], { zone: 'b' })];
    expect(decide(zones).groups.map(({ share }) => share)).toEqual([25, 75]);
    const both: LevelSelector[] = [
      {
        kind: 'clusters',
        clusters: [
          { name: 'east', weight: 1 },
          { name: 'west', weight: 4 },
        ],
      },
    ];
    const weighted = decide([group('east', [9, 9]), ...zones], { levels: both });
    expect(weighted.groups.map(({ share }) => share)).toEqual([20, 20, 60]);
  });

  it('lists groups in failover order, then by cluster, region and zone, whatever order they come in', () => {
    const groups = [
      ...[group('west', [1, 1]), group('north', [1, 1]), group('east2', [1, 1])],
      ...[group('west', [1, 1], { zone: 'us-0' }), group('east', [1, 1])],
    ];
    const names = (some: readonly EndpointGroup[]): string[] =>
      decide(some).groups.map(({ group: g }) => `${g.cluster} ${g.zone}`);
    const wanted = ['east eu-1', 'east2 eu-2', 'north ap-1', 'west us-0', 'west us-1'];
    fc.assert(
      fc.property(fc.shuffledSubarray(groups, { minLength: groups.length }), (shuffled) => {
        expect(names(shuffled)).toEqual(wanted);
      }),
    );
  });

  it('sums to 100 with what is shed, gives no share below 0, and none to what is unhealthy outside panic', () => {
    const anyGroup = fc
      .record({
        cluster: fc.constantFrom('east', 'east2', 'west', 'south'),
        total: fc.integer({ min: 0, max: 9 }),
        ready: fc.double({ min: 0, max: 1, noNaN: true }),
        healthy: fc.double({ min: 0, max: 1, noNaN: true }),
        ramp: fc.double({ min: 0, max: 1, noNaN: true }),
      })
      .map(({ cluster: name, total, ...part }) => {
        const ready = Math.floor(part.ready * total);
        return group(name, [Math.floor(part.healthy * ready), total], { ready, ramp: part.ramp });
      });
    const named: LevelSelector[] = [
      {
        kind: 'clusters',
        clusters: [
          { name: 'east', weight: 3 },
          { name: 'west', weight: 1 },
        ],
      },
      { kind: 'others' },
    ];
    const anyPolicy = fc.record(
      {
        threshold: fc.integer({ min: 1, max: 100 }),
        panic: fc.integer({ min: 0, max: 100 }),
        levels: fc.constantFrom<readonly LevelSelector[]>(
          DEFAULT_FAILOVER.levels,
          named,
          [{ kind: 'zone' }],
          [],
        ),
        overflow: fc.constantFrom('keep' as const, 'shed' as const),
        cap: fc.integer({ min: 1, max: 200 }),
      },
      { requiredKeys: ['threshold', 'panic', 'levels', 'overflow'] },
    );
    fc.assert(
      fc.property(fc.array(anyGroup, { maxLength: 6 }), anyPolicy, (groups, policy) => {
        const shares = decide(groups, policy);
        const sum = shares.shed + shares.groups.reduce((a, { share }) => a + share, 0);
        const endpoints = groups.reduce((a, { total }) => a + total, 0);
        expect(Math.abs(sum - (endpoints === 0 ? 0 : 100))).toBeLessThanOrEqual(1e-9);
        expect(shares.groups).toHaveLength(groups.length);
        for (const { group: g, share, why } of shares.groups) {
          expect(share).toBeGreaterThanOrEqual(0);
          if (!shares.panic && g.healthy === 0) expect(share).toBe(0);
          expect(why).not.toMatch(/NaN|undefined|Infinity/);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('panic', () => {
  it('comes only when all levels together cannot carry the load, and spreads over what is ready', () => {
    expect(decide([group('east', [0, 4]), group('west', [3, 3])]).panic).toBe(false);
    const shares = decide([group('east', [1, 4]), group('west', [0, 4])]);
    expect([shares.panic, sharesByCluster(shares)]).toEqual([true, { east: 50, west: 50 }]);
    expect(whyByCluster(shares)['east']).toMatch(/^panic: /);
  });

  it('begins below its percent, not at it', () => {
    expect(decide([group('east', [2, 4])], { panic: 50 }).panic).toBe(false);
    expect(decide([group('east', [2, 4])], { panic: 50.1 }).panic).toBe(true);
  });

  it('sends nothing to what is known to be gone, unless all is', () => {
    const gone = { ready: 0 };
    const shares = decide([group('east', [0, 4], gone), group('west', [0, 2])]);
    expect([shares.panic, sharesByCluster(shares)]).toEqual([true, { east: 0, west: 100 }]);
    const all = decide([group('east', [0, 4], gone), group('west', [0, 1], gone)]);
    expect(sharesByCluster(all)).toEqual({ east: 80, west: 20 });
  });

  it('is off at 0, but for when nothing at all is healthy', () => {
    const weak = [group('east', [1, 100]), group('west', [1, 100])];
    expect(decide(weak, { panic: 0 }).panic).toBe(false);
    expect(decide([group('east', [0, 9])], { panic: 0 }).panic).toBe(true);
  });

  it('does not come because healthy endpoints are still ramping up', () => {
    const shares = decide([group('east', [4, 4], { ramp: 0.1 }), group('west', [0, 6])]);
    expect([shares.panic, sharesByCluster(shares)]).toEqual([false, { east: 100, west: 0 }]);
  });
});

describe('a group that ramps up', () => {
  it('takes its ramp’s part of what it could, while the others have the rest', () => {
    const at = (ramp: number): number =>
      sharesByCluster(decide([group('east', [3, 3], { ramp }), group('east2', [3, 3])]))['east'] ?? 0;
    expect([0, 0.0714, 0.357, 0.714, 1].map((ramp) => Math.round(at(ramp)))).toEqual([0, 10, 50, 100, 100]);
  });

  it('takes all at once where nothing else is left', () => {
    for (const ramp of [0, 0.01, 0.5]) {
      const shares = decide([group('east', [3, 3], { ramp }), group('east2', [0, 3])]);
      expect(sharesByCluster(shares)).toEqual({ east: 100, east2: 0 });
    }
    const all = decide([group('east', [4, 4], { ramp: 0 }), group('west', [4, 4], { ramp: 0 })]);
    expect(sharesByCluster(all)).toEqual({ east: 100, west: 0 });
    expect(whyByCluster(all)['east']).toMatch(/ramping up: 0 %, ignored because nothing else is left$/);
  });

  it('ramps inside a weighted level too, even if the rest of the level is under the threshold', () => {
    const levels: LevelSelector[] = [
      {
        kind: 'clusters',
        clusters: [
          { name: 'east', weight: 1 },
          { name: 'west', weight: 1 },
        ],
      },
    ];
    const at = (ramp: number): number =>
      sharesByCluster(decide([group('east', [1, 1]), group('west', [1, 1], { ramp })], { levels }))['west'] ??
      0;
    expect(at(0)).toBe(0);
    expect(at(0.0714)).toBeCloseTo(100 * (0.1 / 1.1), 9);
    expect(at(1)).toBe(50);
  });
});
