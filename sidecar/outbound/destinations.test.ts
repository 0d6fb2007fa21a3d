import { expect, it } from 'vitest';
import { createManualClock } from '../../mesh/adapters/clock/manual-clock.ts';
import { createPrometheusMetrics } from '../../mesh/adapters/metrics/prometheus-metrics.ts';
import { createSeededRandom } from '../../mesh/adapters/random/seeded-random.ts';
import { DEFAULT_FAILOVER } from '../../mesh/decide/failover/default-policy.ts';
import type { MeshView, ServiceView } from '../../mesh/model/mesh-view.ts';
import type { ServiceKey } from '../../mesh/model/names.ts';
import { createSidecarMetrics } from '../observe/request-metrics.ts';
import { DEFAULT_SETTINGS } from '../settings.ts';
import { Destinations, type DestinationsParts } from './destinations.ts';

const CART = 'shop/cart' as ServiceKey;

/** A service of one port and one endpoint, and how often anybody has looked at its endpoints. */
function watched(): { readonly service: ServiceView; readonly looks: () => number } {
  let looks = 0;
  const endpoint = { id: 'cart-1', address: '10.0.0.1', port: 1, region: 'eu', zone: 'eu-1', ready: true };
  const service = {
    ...{ key: CART, ports: [{ name: '', port: 80, targetPort: 80, appProtocol: 'http', routeId: 'x' }] },
    ...{ remote: [], exported: false, failover: DEFAULT_FAILOVER, access: [] },
    get local() {
      looks += 1;
      return [endpoint];
    },
  };
  return { service: service as unknown as ServiceView, looks: () => looks };
}

const OFFER = {
  ...{
    cluster: 'west',
    serviceAccounts: ['cart'],
    zones: [{ region: 'us', zone: 'us-1', ready: 1, total: 1 }],
  },
  ports: [{ name: '', port: 80, appProtocol: 'http', routeId: 'y' }],
};

function viewOf(...services: readonly ServiceView[]): MeshView {
  const self = { mesh: 'acme', cluster: 'east', region: 'eu', zone: 'eu-1' };
  const known = new Map(services.map((service) => [service.key, service]));
  return { version: 1, self, services: known, peers: new Map() } as unknown as MeshView;
}

function destinationsOf(view: MeshView): Destinations {
  const context = {
    ...{ clock: createManualClock(), random: createSeededRandom(1), settings: DEFAULT_SETTINGS },
    workload: { service: 'shop/web' },
    identity: { id: { cluster: 'east' }, subscribe: () => () => undefined },
  };
  const metrics = createSidecarMetrics(createPrometheusMetrics());
  return new Destinations({ context, metrics, dialer: {} } as unknown as DestinationsParts, view);
}

it('spends nothing on a service that nobody has asked for', () => {
  const { service, looks } = watched();
  const destinations = destinationsOf(viewOf(service));
  destinations.update(viewOf(service));
  destinations.tick(1);
  expect(destinations.observe(1)).toEqual([]);
  expect(destinations.known()).toEqual([{ service: CART, port: 80 }]);
  expect(looks()).toBe(0);
  expect(
    destinations.find({ service: CART, port: 80 })?.route.pick({ tried: [], again: 'never', canTest: false }),
  ).toHaveProperty('lane.spec.endpointId', 'cart-1');
});

it('knows a service as long as the view does, and begins anew with one that has come back', () => {
  const { service } = watched();
  const destinations = destinationsOf(viewOf(service));
  const first = destinations.find({ service: CART, port: 80 });
  destinations.update(viewOf(service));
  expect(destinations.find({ service: CART, port: 80 })).toBe(first);
  expect(destinations.find({ service: CART, port: 81 })).toBeUndefined();
  destinations.update(viewOf());
  expect(destinations.find({ service: CART, port: 80 })).toBeUndefined();
  destinations.update(viewOf(service));
  expect([undefined, first]).not.toContain(destinations.find({ service: CART, port: 80 }));
  destinations.stop();
  expect(destinations.find({ service: CART, port: 80 })).toBeUndefined();
});

it('knows a pod by the address that was called, and by no other that its cluster states later', () => {
  const pod = 'shop/cart-0.west.cart' as ServiceKey;
  const at = (address: string): MeshView => {
    const view = viewOf({
      ...watched().service,
      ...{ key: pod, local: [], clustersetIps: [address] },
      remote: [{ ...OFFER, sidecar: { address, port: 15_008 } }],
    } as unknown as ServiceView);
    return { ...view, peers: new Map([['west', { link: { state: 'up' } }]]) } as unknown as MeshView;
  };
  const wish = { tried: [], again: 'never', canTest: false } as const;
  const destinations = destinationsOf(at('10.2.0.7'));
  const called = destinations.find({ service: pod, port: 80, at: '10.2.0.7' });
  expect(called?.route.pick(wish)).toHaveProperty('lane.spec.host', '10.2.0.7');
  destinations.update(at('10.2.0.8'));
  // One that is under way tries nowhere else, and the next on its connection does not go there either.
  expect(called?.route.pick(wish)).toEqual({ refused: 'no_endpoint' });
  expect(destinations.find({ service: pod, port: 80, at: '10.2.0.7' })).toBeUndefined();
  const named = destinations.find({ service: pod, port: 80 });
  expect(named?.route.pick(wish)).toHaveProperty('lane.spec.host', '10.2.0.8');
});
