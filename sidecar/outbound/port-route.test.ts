import { describe, expect, it } from 'vitest';
import { createManualClock } from '../../mesh/adapters/clock/manual-clock.ts';
import { createSeededRandom } from '../../mesh/adapters/random/seeded-random.ts';
import { DEFAULT_FAILOVER } from '../../mesh/decide/failover/default-policy.ts';
import { DEFAULT_SETTINGS } from '../settings.ts';
import { PortRoute, type PortRouteParts, type PortRouteStart } from './port-route.ts';

/** The way to one service that only another cluster offers, whose gateway this proxy reaches or not. */
function routeThrough(gateway: { isReachable: boolean }): PortRoute {
  const context = { clock: createManualClock(), random: createSeededRandom(1), settings: DEFAULT_SETTINGS };
  const port = { name: '', port: 80, targetPort: 80, appProtocol: 'http', routeId: 'x' };
  const remote = {
    ...{ cluster: 'west', ports: [port], serviceAccounts: ['cart'] },
    zones: [{ region: 'us', zone: 'us-1', ready: 1, total: 1 }],
  };
  const west = {
    info: { gateways: [{ host: '127.0.0.1', port: 1 }] },
    link: { state: 'up', since: 0 },
  };
  const self = { mesh: 'acme', cluster: 'east', region: 'eu', zone: 'eu-1' };
  const service = {
    ...{ key: 'shop/cart', ports: [{ ...port, remoteOnly: true }], local: [], remote: [remote] },
    failover: DEFAULT_FAILOVER,
  };
  const parts = {
    context,
    dialer: { reach: { isReachable: () => gateway.isReachable } },
    laneChanged: () => 0,
  };
  const start = { view: { self, peers: new Map([['west', west]]) }, service, port: 80 };
  return new PortRoute(parts as unknown as PortRouteParts, start as unknown as PortRouteStart);
}

describe('the way to a service of which nothing is usable', () => {
  const wish = { tried: [], again: 'never', canTest: false } as const;

  it('is taken all the same by a request that has no other', () => {
    expect(routeThrough({ isReachable: false }).pick(wish)).toHaveProperty('lane.spec.cluster', 'west');
  });

  it('is not taken by one that waits elsewhere already (F7)', () => {
    const pick = (isReachable: boolean) => routeThrough({ isReachable }).pick({ ...wish, onlyUsable: true });
    expect(pick(false)).toEqual({ refused: 'no_healthy_endpoint' });
    expect(pick(true)).toHaveProperty('lane.spec.cluster', 'west');
  });
});
