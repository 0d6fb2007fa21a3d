import { describe, expect, it } from 'vitest';
import { DEFAULT_FAILOVER } from '../../mesh/decide/failover/default-policy.ts';
import type { MeshView, ServiceView } from '../../mesh/model/mesh-view.ts';
import type { ClusterName, MeshName, RouteId, ServiceKey } from '../../mesh/model/names.ts';
import { forPods, wantedPorts } from './for-pods.ts';
import { createPodPorts } from './pod-ports.ts';

const cart = 'shop/cart' as ServiceKey;
const routeId = 'a'.repeat(26) as RouteId;
const serverName = `${routeId}.east.acme`;
const port = { name: 'http', port: 80, targetPort: 8080, appProtocol: 'http' as const, routeId };
const pods = (...all: readonly (readonly [address: string, ready: boolean])[]): Partial<ServiceView> => ({
  plainPods: [
    {
      ports: [
        { name: 'admin', protocol: 'TCP', port: 9000 },
        { name: 'http', protocol: 'TCP', port: 8088 },
      ],
      pods: all.map(([address, ready]) => ({ address, ready })),
    },
  ],
});

function viewOf(over: Partial<ServiceView>): MeshView {
  const service = { key: cart, ports: [port], local: [], remote: [], exported: true, access: [], ...over };
  return {
    version: 1,
    self: { mesh: 'acme' as MeshName, cluster: 'east' as ClusterName, region: 'eu', zone: 'eu-1' },
    bundle: { mesh: 'acme' as MeshName, version: 1, roots: [], evicted: [] },
    services: new Map([[cart, { ...service, failover: DEFAULT_FAILOVER }]]),
    peers: new Map(),
  };
}

describe('a port of pods without a sidecar', () => {
  it('is answered by those that are ready, in turn, where they listen for it', () => {
    const ports = createPodPorts(viewOf(pods(['10.1.0.7', true], ['10.1.0.8', false], ['10.1.0.9', true])));
    const asked = [1, 2, 3, 4].map(() => ports.find(serverName)?.application());
    expect(new Set(asked.map((place) => place?.host))).toEqual(new Set(['10.1.0.7', '10.1.0.9']));
    expect(asked.map((place) => place?.port)).toEqual([8088, 8088, 8088, 8088]);
    expect(asked[0]).toEqual(asked[2]);
  });

  it('follows them, for connections that are open too', () => {
    const ports = createPodPorts(viewOf(pods(['10.1.0.7', true])));
    const open = ports.find(serverName);
    ports.update(viewOf(pods(['10.1.0.9', true])));
    expect(open?.application()?.host).toBe('10.1.0.9');
    ports.update(viewOf(pods(['10.1.0.9', false])));
    expect(open?.application()).toBeUndefined();
    ports.update(viewOf(pods(['10.1.0.9', true])));
    ports.update(viewOf({}));
    expect(open?.application()).toBeUndefined();
  });

  it('is no port of other services, nor of other clusters', () => {
    expect(createPodPorts(viewOf({})).find(serverName)).toBeUndefined();
    expect(createPodPorts(viewOf(pods())).find(`${routeId}.west.acme`)).toBeUndefined();
    expect(createPodPorts(viewOf(pods())).find('')).toBeUndefined();
  });
});

describe('what pods without a sidecar are led to', () => {
  const local = [{ id: 'cart-1', address: '10.1.0.7', port: 15006, region: 'eu', zone: 'eu-1', ready: true }];
  const asked = { ports: [{ ...port, plainPort: 20_000 }], local };

  it('is a service of other networks, at its port', () => {
    expect(wantedPorts(viewOf(asked))).toEqual([{ service: cart, port: 80, localPort: 20_000 }]);
    expect(wantedPorts(viewOf({}))).toEqual([]);
    expect([...forPods(viewOf({ local })).services]).toEqual([]);
  });

  it('are endpoints of their own cluster only where it exports the service (M9)', () => {
    const endpoints = (exported: boolean): unknown =>
      forPods(viewOf({ ...asked, exported })).services.get(cart)?.local;
    expect(endpoints(true)).toEqual(local);
    expect(endpoints(false)).toEqual([]);
  });
});
