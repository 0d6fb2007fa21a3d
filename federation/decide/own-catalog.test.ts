import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClusterInfo } from '../../mesh/model/catalog.ts';
import type { Endpoint } from '../../mesh/model/service.ts';
import { decideOwnCatalog, zoneCapacities } from './own-catalog.ts';
import { cluster, endpoint, key, localState, routeIdOf, service } from './testing/sample-state.ts';

const info: ClusterInfo = {
  ...{
    cluster: cluster('east'),
    region: 'eu',
    zone: 'eu-1',
    network: 'east',
    gateways: [],
    version: '0.1.0',
  },
};

describe('the own catalog', () => {
  it('offers exports that exist, with their capacity by zone, accounts and route ids', () => {
    const endpoints = {
      'shop/cart': [
        endpoint('a'),
        endpoint('b', { zone: 'eu-2', ready: false }),
        endpoint('c', { serviceAccount: 'beta' as never }),
      ],
    };
    const local = localState({ services: [service('shop/cart')], exports: ['shop/cart'], endpoints });
    expect(decideOwnCatalog(local, info)).toEqual({
      info,
      services: new Map([
        [
          'shop/cart',
          {
            ...{ key: 'shop/cart', exportedAt: 1000, serviceAccounts: ['beta', 'cart'] },
            ports: [{ name: '', port: 80, appProtocol: 'http', routeId: routeIdOf(key('shop/cart'), 80) }],
            zones: [
              { region: 'eu', zone: 'eu-1', ready: 2, total: 2 },
              { region: 'eu', zone: 'eu-2', ready: 0, total: 1 },
            ],
          },
        ],
      ]),
      faults: [],
    });
  });

  it.each([
    ['what is not exported', localState({ services: [service('shop/cart')] }), []],
    ['an export without a Service', localState({ exports: ['shop/cart'] }), ['not_found']],
    [
      'a system namespace',
      localState({ services: [service('kube-system/dns')], exports: ['kube-system/dns'] }),
      ['namespace_absent'],
    ],
    [
      'the API server',
      localState({ services: [service('default/kubernetes')], exports: ['default/kubernetes'] }),
      ['namespace_absent'],
    ],
  ])('offers nothing of %s', (_what, local, codes) => {
    const { services, faults } = decideOwnCatalog(local, info);
    expect([...services.keys()]).toEqual([]);
    expect(faults.map(({ code }) => code)).toEqual(codes);
  });

  it('counts each endpoint once, in its zone', () => {
    const place = fc.constantFrom('eu/eu-1', 'eu/eu-2', 'us/eu-1');
    const anyEndpoint = fc.tuple(place, fc.boolean()).map(([text, ready]): Endpoint => {
      const [region = '', zone = ''] = text.split('/');
      return endpoint('x', { region, zone, ready });
    });
    fc.assert(
      fc.property(fc.array(anyEndpoint), (endpoints) => {
        const zones = zoneCapacities(endpoints);
        for (const { region, zone, ready, total } of zones) {
          const there = endpoints.filter((one) => one.region === region && one.zone === zone);
          expect([ready, total]).toEqual([there.filter((one) => one.ready).length, there.length]);
        }
        expect(zones.reduce((sum, zone) => sum + zone.total, 0)).toBe(endpoints.length);
      }),
    );
  });
});
