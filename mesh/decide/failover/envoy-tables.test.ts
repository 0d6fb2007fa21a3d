import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LevelSelector } from '../../model/policy.ts';
import { decide, group, sharesByCluster } from './testing/sample-groups.ts';

/** The tables of Envoy's documentation, with its overprovisioning factor 1.4. Envoy works in whole percents: 1 point apart. */
const factor = { threshold: 100 / 1.4, panic: 0 };
const clusters = ['east', 'east2', 'west'];

function expectLoads(healthy: readonly number[], loads: readonly number[], panic = 0): void {
  const groups = healthy.map((percent, i) => group(clusters[i] ?? '', [percent, 100]));
  const found = sharesByCluster(decide(groups, { ...factor, panic }));
  loads.forEach((load, i) => expect(Math.abs((found[clusters[i] ?? ''] ?? 0) - load)).toBeLessThanOrEqual(1));
}

describe('Envoy, “Priority levels”', () => {
  it.each([
    [100, 100, 100, 0],
    [72, 100, 100, 0],
    [71, 100, 99, 1],
    [50, 100, 70, 30],
    [25, 100, 35, 65],
    [0, 100, 0, 100],
    [72, 72, 100, 0],
    [71, 71, 99, 1],
    [50, 50, 70, 30],
    [25, 25, 50, 50],
  ])('P0 %i %% and P1 %i %% healthy: load %i %% and %i %%', (p0, p1, to0, to1) => {
    expectLoads([p0, p1], [to0, to1]);
  });

  it.each([
    [100, 100, 100, 100, 0, 0],
    [72, 72, 100, 100, 0, 0],
    [71, 71, 100, 99, 1, 0],
    [50, 50, 100, 70, 30, 0],
    [25, 100, 100, 35, 65, 0],
    [25, 25, 100, 35, 35, 30],
    [25, 25, 20, 36, 36, 28],
  ])('P0 %i %%, P1 %i %%, P2 %i %% healthy: load %i %%, %i %%, %i %%', (p0, p1, p2, to0, to1, to2) => {
    expectLoads([p0, p1, p2], [to0, to1, to2]);
  });

  it('is followed exactly, without rounding, for any number of levels', () => {
    const percents = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(percents, fc.integer({ min: 1, max: 100 }), (healthy, threshold) => {
        fc.pre(healthy.some((percent) => percent > 0));
        const groups = healthy.map((percent, i) => group(clusters[i] ?? '', [percent, 100]));
        const found = sharesByCluster(decide(groups, { threshold, panic: 0 }));
        const scores = healthy.map((percent) => Math.min(100, (100 * percent) / threshold));
        const normal = Math.min(
          100,
          scores.reduce((a, b) => a + b, 0),
        );
        let before = 0;
        scores.forEach((score, i) => {
          const load = Math.min(100 - before, (score * 100) / normal);
          before += load;
          expect(found[clusters[i] ?? '']).toBeCloseTo(load, 9);
        });
      }),
    );
  });
});

describe('Envoy, “Panic threshold” (50 %)', () => {
  it.each([
    [72, 72, 100, 0, false],
    [71, 71, 99, 1, false],
    [50, 50, 70, 30, false],
    [25, 100, 35, 65, false],
    [0, 100, 0, 100, false],
    [25, 25, 50, 50, true],
  ])('P0 %i %% and P1 %i %% healthy: load %i %% and %i %%, panic %s', (p0, p1, to0, to1, panic) => {
    expectLoads([p0, p1], [to0, to1], 50);
    expect(
      decide([group('east', [p0, 100]), group('east2', [p1, 100])], { ...factor, panic: 50 }).panic,
    ).toBe(panic);
  });

  it('is asked of all levels together here, of each level there: 5 % and 65 % is a panic of both', () => {
    const shares = decide([group('east', [5, 100]), group('east2', [65, 100])], { ...factor, panic: 50 });
    expect([shares.panic, sharesByCluster(shares)]).toEqual([true, { east: 50, east2: 50 }]);
  });
});

describe('Envoy, “Locality weighted load balancing”', () => {
  const levels: LevelSelector[] = [
    {
      kind: 'clusters',
      clusters: [
        { name: 'east', weight: 1 },
        { name: 'west', weight: 2 },
      ],
    },
  ];

  it.each([
    [100, 33, 67],
    [70, 33, 67],
    [69, 32, 68],
    [50, 26, 74],
    [25, 15, 85],
    [0, 0, 100],
  ])('X with weight 1 is %i %% healthy, Y with weight 2 fully: load %i %% and %i %%', (healthy, toX, toY) => {
    const found = sharesByCluster(
      decide([group('east', [healthy, 100]), group('west', [100, 100])], { ...factor, levels }),
    );
    expect(Math.abs((found['east'] ?? 0) - toX)).toBeLessThanOrEqual(1);
    expect(Math.abs((found['west'] ?? 0) - toY)).toBeLessThanOrEqual(1);
  });
});
