import { describe, expect, it } from 'vitest';
import { DEFAULT_FAILOVER } from '../../mesh/decide/failover/default-policy.ts';
import type { MeshView, ServiceView } from '../../mesh/model/mesh-view.ts';
import type { ClusterName, MeshName, RouteId, ServiceAccount, ServiceKey } from '../../mesh/model/names.ts';
import { createLocalPorts } from './local-ports.ts';

const cart = 'shop/cart' as ServiceKey;
const routeId = (letter: string): RouteId => letter.repeat(26) as RouteId;
const own = { workload: { service: cart, serviceAccount: 'cart' as ServiceAccount }, proxy: 'cart-0' };

function entry(
  key: string,
  { port, id, endpoint }: { port: number; id: string; endpoint: string },
): ServiceView {
  const place = { address: '10.1.0.7', port: 15006, region: 'eu', zone: 'eu-1', ready: true };
  return {
    ...{ key: key as ServiceKey, exported: true, remote: [], access: [], failover: DEFAULT_FAILOVER },
    ports: [{ name: 'http', port, targetPort: 8080, appProtocol: 'http', routeId: routeId(id) }],
    local: [{ ...place, id: endpoint }],
  };
}
function viewOf(...services: readonly ServiceView[]): MeshView {
  const mesh = 'acme' as MeshName;
  return {
    ...{ version: 1, self: { mesh, cluster: 'east' as ClusterName, region: 'eu', zone: 'eu-1' } },
    ...{ bundle: { mesh, version: 1, roots: [], evicted: [] }, peers: new Map() },
    services: new Map(services.map((service) => [service.key, service])),
  };
}
const service = entry('shop/cart', { port: 80, id: 'a', endpoint: 'cart-0' });
const host = entry('shop/cart-0.east.cart', { port: 8080, id: 'b', endpoint: 'cart-0' });

describe('what a workload answers for', () => {
  it('are its service, and the host that it is of it', () => {
    const ports = createLocalPorts(own, viewOf(service, host));
    const found = (id: string): unknown => {
      const port = ports.find(`${routeId(id)}.east.acme`);
      return port && [port.service, port.port, port.application()];
    };
    expect(found('a')).toEqual(['shop/cart', 80, { host: '127.0.0.1', port: 8080 }]);
    expect(found('b')).toEqual(['shop/cart-0.east.cart', 8080, { host: '127.0.0.1', port: 8080 }]);
    expect(ports.find(`${routeId('b')}.west.acme`)).toBeUndefined();
    ports.update(viewOf(service));
    expect(found('b')).toBeUndefined();
  });

  it.each([
    [
      'another pod of its service',
      entry('shop/cart-1.east.cart', { port: 8080, id: 'b', endpoint: 'cart-1' }),
    ],
    [
      'a host of another service',
      entry('shop/cart-0.east.till', { port: 8080, id: 'b', endpoint: 'cart-0' }),
    ],
    ['another service', entry('shop/till', { port: 8080, id: 'b', endpoint: 'cart-0' })],
  ])('is never %s', (_, other) => {
    const ports = createLocalPorts(own, viewOf(service, other));
    expect(ports.find(`${routeId('b')}.east.acme`)).toBeUndefined();
  });
});
