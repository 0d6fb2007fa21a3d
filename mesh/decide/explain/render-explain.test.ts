import { describe, expect, it } from 'vitest';
import type { ServiceKey } from '../../model/names.ts';
import type { FailoverPolicy } from '../../model/policy.ts';
import type { ExplainReport } from '../../model/report.ts';
import type { EndpointGroup } from '../../model/shares.ts';
import { decideShares } from '../failover/decide-shares.ts';
import { DEFAULT_FAILOVER } from '../failover/default-policy.ts';
import { FROM_EAST, group } from '../failover/testing/sample-groups.ts';
import { whatIf } from '../what-if.ts';
import { renderExplain } from './render-explain.ts';

const CART: FailoverPolicy = {
  ...DEFAULT_FAILOVER,
  name: 'shop/cart',
  generation: 3,
  cap: 80,
  levels: [{ kind: 'zone' }, { kind: 'region' }, { kind: 'others' }],
};

function report(groups: EndpointGroup[], policy = CART, over: Partial<ExplainReport> = {}): ExplainReport {
  const input = { policy, from: FROM_EAST, groups };
  return {
    ...{ from: 'shop/web' as ServiceKey, to: 'shop/cart' as ServiceKey, port: 80, vantage: FROM_EAST },
    policy: { name: policy.name, generation: policy.generation, threshold: policy.threshold },
    ...{ shares: decideShares(input), seenBy: 'sidecar', whatIf: whatIf(input) },
    ...over,
  };
}

const sample = [group('east', [2, 4]), group('east2', [3, 3]), group('west', [3, 3])];
const lines = (of: ExplainReport, wide = false): string[] => renderExplain(of, { wide }).split('\n');

describe('renderExplain', () => {
  it('prints the sample session', () => {
    expect(lines(report(sample))).toEqual([
      'cart.shop:80 as seen by web.shop in east (eu/eu-1)         policy shop/cart, generation 3',
      'SHARE  LEVEL           CLUSTER  HEALTHY  WHY',
      ' 70 %  0 same zone     east     2/4      50 % healthy is under the threshold of 71.4 %: 50/71.4 = 70 % stays, the rest spills',
      ' 30 %  1 same region   east2    3/3      takes the spill, within its cap of 80 %',
      '  0 %  2 other region  west     3/3      not needed',
      'If east went down: east2 60 %, west 40 %. If eu went down: west 100 %.       isthmus simulate --down east',
    ]);
  });

  it('says what the cap sheds, now and then', () => {
    const policy = { ...CART, overflow: 'shed' as const };
    const [, , ...rest] = lines(report([group('east', [0, 4]), group('west', [2, 2])], policy));
    expect(rest).toEqual([
      '  0 %  0 same zone     east     0/4      nothing healthy here',
      ' 40 %  2 other region  west     2/2      takes the spill up to its cap of 80 % (40 % of all load)',
      ' 60 %  shed            -        -        over what the policy’s cap lets the remaining levels take',
      'If east went down: west 40 %, 60 % would be shed (cap). If eu went down: west 40 %, 60 % would be shed (cap).       isthmus simulate --down east',
    ]);
  });

  it('says whose view it is, and what the default is', () => {
    const shown = lines(report(sample, DEFAULT_FAILOVER, { seenBy: 'catalog' }));
    expect(shown[0]).toMatch(/ {9}default policy$/);
    expect(shown[1]).toBe('No sidecar of web.shop has reported: this is what the catalog says.');
  });

  it('adds places and the measured percent of each cluster once, when wide', () => {
    const groups = [...sample, group('west', [1, 1], { zone: 'us-2' })];
    const shown = lines(report(groups, CART, { measured: { east: 69.26, east2: 30.74 } }), true);
    expect(
      shown.slice(1, 6).map((line) =>
        line
          .split(/ {2,}/)
          .map((cell) => cell.trim())
          .slice(-6, -1),
      ),
    ).toEqual([
      ['LEVEL', 'CLUSTER', 'ZONE', 'MEASURED', 'HEALTHY'],
      ['0 same zone', 'east', 'eu/eu-1', '69.3 %', '2/4'],
      ['1 same region', 'east2', 'eu/eu-2', '30.7 %', '3/3'],
      ['2 other region', 'west', 'us/us-1', '0 %', '3/3'],
      ['2 other region', 'west', 'us/us-2', '-', '1/1'],
    ]);
  });

  it('has words for nothing at all, for nothing left, and for what the policy leaves out', () => {
    expect(lines(report([]))[1]).toBe('no cluster offers an endpoint of this service');
    expect(lines(report([group('east', [1, 1])])).at(-1)).toContain(
      'If east went down: nothing would be left to serve it.',
    );
    const west = {
      ...CART,
      levels: [{ kind: 'clusters' as const, clusters: [{ name: 'west', weight: 1 }] }],
    };
    expect(
      lines(report(sample, west)).filter((line) => line.includes('not in the policy’s order')),
    ).toHaveLength(2);
    expect(lines(report(sample, west))[3]).toMatch(/^ {2}0 % {2}- +east /);
  });
});
