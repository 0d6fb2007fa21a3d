import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_FAILOVER } from '../../mesh/decide/failover/default-policy.ts';
import { decideShares } from '../../mesh/decide/failover/decide-shares.ts';
import type { ServiceView } from '../../mesh/model/mesh-view.ts';
import type { ProxyReport, ServiceObservation } from '../../mesh/model/report.ts';
import type { EndpointGroup, Shares, Vantage } from '../../mesh/model/shares.ts';
import { explain, measuredShares, simulate, type Question } from './explain.ts';
import { decideView } from './mesh-view.ts';
import {
  cluster,
  endpoint,
  exported,
  key,
  localState,
  peer,
  peersOf,
  service,
} from './testing/sample-state.ts';

const [web, cart] = [key('shop/web'), key('shop/cart')];
const vantage: Vantage = { cluster: cluster('east'), region: 'eu', zone: 'eu-1' };
const group = (name: string, region: string, healthy: number, total = healthy): EndpointGroup => ({
  ...{ cluster: cluster(name), region, zone: `${region}-1`, total, ready: total, healthy, ramp: 1 },
});

function cartView(): ServiceView {
  const local = localState({
    ...{
      services: [service('shop/cart')],
      endpoints: { 'shop/cart': [endpoint('a'), endpoint('b', { ready: false })] },
    },
  });
  const offered = exported('shop/cart', 1, [{ port: 80 }, { port: 81, name: 'admin' }]);
  const view = decideView({ self: vantage.cluster, local, peers: peersOf(peer('west', [offered])) });
  const found = view.services.get(cart);
  if (found === undefined) throw new Error('no cart');
  return found;
}

function observation(
  groups: readonly EndpointGroup[],
  sent: Record<string, number> = {},
): ServiceObservation {
  return { service: cart, groups, sent, failed: 0, rate: 1, p50Ms: 1, p99Ms: 2 };
}
function report(proxy: string, ...services: readonly ServiceObservation[]): ProxyReport {
  return { proxy, workload: web, viewVersion: 1, services };
}
const percent = (shares: Shares): Record<string, number> =>
  Object.fromEntries(shares.groups.map(({ group: { cluster: name }, share }) => [name, Math.round(share)]));
const question = (over: Partial<Question> = {}): Question => ({
  ...{ from: web, service: cartView(), port: 80, vantage, histories: [], ...over },
});

describe('explain', () => {
  it('tells from the catalog what no sidecar has reported', () => {
    const answer = explain(question());
    expect(answer.seenBy).toBe('catalog');
    expect(answer.measured).toBeUndefined();
    // Half of the zone is ready: 50 / 71.4 = 70 % stays.
    expect(percent(answer.shares)).toEqual({ east: 70, west: 30 });
    expect(answer.whatIf.map(({ down, shares }) => [down, percent(shares)])).toEqual([
      ['east', { east: 0, west: 100 }],
      ['eu', { east: 0, west: 100 }],
    ]);
    expect(answer.policy).toEqual({ name: 'default', generation: 0, threshold: 71.4 });
  });

  it('counts no local endpoint for a port that only another cluster has', () => {
    expect(percent(explain(question({ port: 81 })).shares)).toEqual({ west: 100 });
  });

  it('follows what the sidecars of the source see, and no others', () => {
    const others = { ...report('x', observation([group('west', 'us', 9)])), workload: key('shop/pricing') };
    const seen = [group('east', 'eu', 0, 2), group('west', 'us', 3)];
    const answer = explain(question({ histories: [[others], [report('w', observation(seen))]] }));
    expect(answer.seenBy).toBe('sidecar');
    expect(percent(answer.shares)).toEqual({ east: 0, west: 100 });
    expect(answer.shares).toEqual(decideShares({ policy: DEFAULT_FAILOVER, from: vantage, groups: seen }));
  });

  it('acts as the average of sidecars that differ', () => {
    const histories = [
      [report('w1', observation([group('east', 'eu', 2), group('west', 'us', 2)]))],
      [report('w2', observation([group('east', 'eu', 0, 2), group('west', 'us', 2)]))],
    ];
    expect(percent(explain(question({ histories })).shares)).toEqual({ east: 70, west: 30 });
  });
});

describe('measured shares', () => {
  it('are of what was sent since the oldest report held, over all sidecars', () => {
    const histories = [
      [
        report('w1', observation([], { east: 1000 })),
        report('w1', observation([], { east: 1030, west: 10 })),
      ],
      [report('w2', observation([], { west: 5 })), report('w2', observation([], { west: 65 }))],
    ];
    expect(measuredShares(histories, cart)).toEqual({ east: 30, west: 70 });
  });

  it('are of everything sent while there is one report, and absent when nothing was sent', () => {
    expect(measuredShares([[report('w', observation([], { east: 1, west: 3 }))]], cart)).toEqual({
      east: 25,
      west: 75,
    });
    const same = report('w', observation([], { east: 7 }));
    expect(measuredShares([[same, same]], cart)).toBeUndefined();
    expect(measuredShares([], cart)).toBeUndefined();
  });

  it('sum to 100', () => {
    const counts = fc.dictionary(fc.constantFrom('east', 'west', 'south'), fc.nat(1000));
    fc.assert(
      fc.property(counts, counts, (first, second) => {
        const shares = measuredShares(
          [[report('w', observation([], first)), report('w', observation([], second))]],
          cart,
        );
        const sum = Object.values(shares ?? {}).reduce((a, b) => a + b, 0);
        expect(shares === undefined || Math.abs(sum - 100) < 1e-6).toBe(true);
      }),
    );
  });
});

describe('simulate', () => {
  it.each([
    [['west'], { east: 100, west: 0 }],
    [['us'], { east: 100, west: 0 }],
    [['east'], { east: 0, west: 100 }],
    [['nowhere'], { east: 70, west: 30 }],
  ])('with %j down', (down, after) => {
    const simulated = simulate(question(), down);
    expect(percent(simulated.before)).toEqual({ east: 70, west: 30 });
    expect(percent(simulated.after)).toEqual(after);
  });
});
