import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ServiceKey } from '../../model/names.ts';
import type { ServiceObservation } from '../../model/report.ts';
import type { EndpointGroup } from '../../model/shares.ts';
import { group } from '../failover/testing/sample-groups.ts';
import { mergeObservations } from './merge-observations.ts';

const seen = (rate: number, ...groups: readonly EndpointGroup[]): ServiceObservation => ({
  ...{ service: 'shop/cart' as ServiceKey, groups, sent: {}, failed: 0, rate, p50Ms: 1, p99Ms: 2 },
});

describe('mergeObservations', () => {
  it('weighs each view by how much its sidecar sends', () => {
    const views = [
      seen(30, group('east', [4, 4])),
      seen(10, group('east', [0, 4], { ramp: 0, note: 'ejected' })),
    ];
    expect(mergeObservations(views)).toEqual([group('east', [3, 4], { ramp: 0.75, note: 'ejected' })]);
  });

  it('weighs all alike while none sends, and believes idle ones where no sender sees a group', () => {
    expect(mergeObservations([seen(0, group('east', [4, 4])), seen(0, group('east', [2, 4]))])).toEqual([
      group('east', [3, 4]),
    ]);
    const views = [seen(9, group('east', [4, 4])), seen(0, group('east', [0, 4]), group('west', [2, 2]))];
    expect(mergeObservations(views)).toEqual([group('east', [4, 4]), group('west', [2, 2])]);
  });

  it('stays within what was seen, and leaves one view as it is', () => {
    const view = fc
      .tuple(fc.integer({ min: 0, max: 9 }), fc.double({ min: 0, max: 1e6, noNaN: true }))
      .map(([healthy, rate]) => seen(rate, group('east', [healthy, 9])));
    fc.assert(
      fc.property(fc.array(view, { minLength: 1, maxLength: 5 }), (views) => {
        const [merged] = mergeObservations(views);
        const all = views.flatMap(({ groups }) => groups.map(({ healthy }) => healthy));
        expect(merged?.total).toBeCloseTo(9, 9);
        expect(merged?.healthy).toBeGreaterThanOrEqual(Math.min(...all) - 1e-9);
        expect(merged?.healthy).toBeLessThanOrEqual(Math.max(...all) + 1e-9);
        expect(mergeObservations(views.slice(0, 1))).toEqual(views[0]?.groups);
      }),
    );
  });
});
