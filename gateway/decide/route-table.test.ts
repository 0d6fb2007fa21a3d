import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRouteId } from '../../mesh/model/names.ts';
import { sampleEndpoint, sampleRouteId, sampleService, sampleView } from './testing/sample-view.ts';
import { buildRouteTable } from './route-table.ts';

describe('the route table', () => {
  it('holds each port of an exported service, ready endpoints of the own zone apart from others', () => {
    const near = sampleEndpoint(1);
    const far = sampleEndpoint(2, { zone: 'eu-2' });
    const down = sampleEndpoint(3, { ready: false });
    const table = buildRouteTable(sampleView([sampleService('cart', [near, far, down])]), 'eu-1');
    expect([...table]).toEqual([
      [sampleRouteId('cart'), { service: 'shop/cart', port: 80, near: [near], far: [far] }],
    ]);
  });

  it('keeps a service without ready endpoints, so that the refusal can say so', () => {
    const view = sampleView([sampleService('cart', [sampleEndpoint(1, { ready: false })])]);
    expect(buildRouteTable(view, 'eu-1').get(sampleRouteId('cart'))).toMatchObject({ near: [], far: [] });
  });

  it('serves a route id that several services claim for none of them', () => {
    const routeId = sampleRouteId('cart');
    const claims = ['cart', 'dart', 'eart'].map((name) => sampleService(name, [], { routeId }));
    expect(buildRouteTable(sampleView(claims), 'eu-1').size).toBe(0);
  });

  it('never holds a route of a service that is not exported, nor an endpoint that is not ready', () => {
    const service = fc.record({ exported: fc.boolean(), ready: fc.array(fc.boolean(), { maxLength: 5 }) });
    const letters = 'abcdefghijklmnopqrstuvwxyz234567';
    fc.assert(
      fc.property(fc.array(service, { maxLength: 20 }), (drawn) => {
        const services = drawn.map(({ exported, ready }, i) =>
          sampleService(
            `s${i}`,
            ready.map((up, port) => sampleEndpoint(port, { ready: up })),
            {
              exported,
              routeId: parseRouteId((letters[i] ?? 'a').repeat(26))!,
            },
          ),
        );
        const table = buildRouteTable(sampleView(services), 'eu-1');
        const exportedKeys = services.filter((one) => one.exported).map((one) => one.key);
        expect([...table.values()].map((route) => route.service)).toEqual(exportedKeys);
        for (const { service: key, near, far } of table.values()) {
          const ready = services.find((one) => one.key === key)!.local.filter((one) => one.ready);
          expect([...near, ...far]).toEqual(ready);
        }
      }),
    );
  });
});
