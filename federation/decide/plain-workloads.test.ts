/** Pods without a sidecar, from what an API server says of them to what others see. */
import { describe, expect, it } from 'vitest';
import type { PodSlice, ServiceTraits } from '../../mesh/model/service.ts';
import { reconcile, type Decided } from './reconcile.ts';
import type { ProxyRegistration } from './registrations.ts';
import {
  EAST,
  exported,
  key,
  localState,
  peer,
  peersOf,
  PLAIN_PROXY,
  routeIdOf,
  service,
  sidecar,
} from './testing/sample-state.ts';

const slice = (...pods: readonly (readonly [address: string, ready: boolean])[]): PodSlice => ({
  ports: [{ name: '', protocol: 'TCP', port: 8080 }],
  pods: pods.map(([address, ready]) => ({ address, ready })),
});
const traits = (type: ServiceTraits['type']): { traits: ServiceTraits } => ({
  traits: { type, ports: [{ protocol: 'TCP', port: 80 }] },
});

interface Given {
  readonly registrations?: readonly ProxyRegistration[];
  readonly pods?: readonly PodSlice[];
  readonly type?: ServiceTraits['type'];
  readonly network?: string;
}

/** East exports a cart, west a ledger. */
function decided({
  registrations = [PLAIN_PROXY],
  pods = [],
  type = 'ClusterSetIP',
  network = 'west',
}: Given = {}): Decided {
  const local = localState({ services: [service('shop/cart')], exports: ['shop/cart'] });
  const podSlices = new Map([[key('shop/cart'), pods]]);
  const west = peer('west', [{ ...exported('shop/ledger', 1), ...traits(type) }]);
  return reconcile({
    ...{
      config: EAST,
      version: '0.1.0',
      routeIdOf,
      registrations,
      peerFaults: [],
      plainPorts: new Map(),
      hostNames: new Map(),
    },
    unheard: new Set(),
    objects: { ...local, podSlices, faults: [] },
    peers: peersOf({ ...west, info: { ...west.info, network } }),
  });
}

describe('pods without a sidecar', () => {
  const cart = (state: Decided) => ({
    endpoints: state.view.services.get(key('shop/cart'))?.local,
    pods: state.view.services.get(key('shop/cart'))?.plainPods,
    offer: state.own.services.get(key('shop/cart')),
  });

  it('have plain proxies for endpoints, which others are told', () => {
    const { endpoints, pods, offer } = cart(decided({ pods: [slice(['10.1.0.7', true])] }));
    const { proxy: id, address, port, ready, region, zone } = PLAIN_PROXY;
    expect(endpoints).toEqual([{ id, address, port, ready, region, zone }]);
    expect(pods).toEqual([slice(['10.1.0.7', true])]);
    expect(offer).toMatchObject({ plain: true, serviceAccounts: [], zones: [{ ready: 1, total: 1 }] });
  });

  it('are not those that a sidecar has registered', () => {
    const registrations = [PLAIN_PROXY, sidecar('cart-1', { address: '10.1.0.7' })];
    const { endpoints, pods, offer } = cart(decided({ registrations, pods: [slice(['10.1.0.7', true])] }));
    expect(endpoints?.map(({ id }) => id)).toEqual(['cart-1']);
    expect([pods, offer?.plain]).toEqual([undefined, undefined]);
  });

  it('make an endpoint that is not ready while none of them is', () => {
    const { endpoints } = cart(decided({ pods: [slice(['10.1.0.7', false])] }));
    expect(endpoints?.map(({ ready }) => ready)).toEqual([false]);
  });

  it('have none where there is no plain proxy', () => {
    const { endpoints, pods, offer } = cart(
      decided({ registrations: [], pods: [slice(['10.1.0.7', true])] }),
    );
    expect([endpoints, pods, offer?.plain]).toEqual([[], undefined, undefined]);
  });
});

describe('a service of another network', () => {
  const ledger = (state: Decided) => ({
    ports: state.view.services.get(key('shop/ledger'))?.ports.map(({ plainPort }) => plainPort),
    slices: state.multicluster.imports.get(key('shop/ledger'))?.slices,
  });

  it('is behind its clusterset IP by the plain proxies, at the port that they are told', () => {
    const { ports, slices } = ledger(decided());
    expect(ports).toEqual([20_000]);
    expect(slices).toEqual([
      {
        cluster: 'west',
        slice: {
          ports: [{ name: '', protocol: 'TCP', port: 20_000 }],
          pods: [{ address: '10.1.0.2', ready: true }],
        },
      },
    ]);
  });

  it.each([
    ['is headless', { type: 'Headless' }, [20_000]],
    ['is of the same network', { network: 'east' }, [undefined]],
    ['has no plain proxy in the way', { registrations: [] }, [undefined]],
  ] as const)('is not when it %s', (_, given, ports) => {
    expect(ledger(decided(given))).toEqual({ ports, slices: [] });
  });
});
