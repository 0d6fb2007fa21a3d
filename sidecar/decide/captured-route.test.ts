import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MeshView } from '../../mesh/model/mesh-view.ts';
import { clustersetAddresses, routeCaptured } from './captured-route.ts';

const place = { port: 15_002, own: new Set(['10.244.0.7', 'fd00::7']) };
const service = (key: string, clustersetIps: readonly string[] | undefined, ...ports: readonly number[]) =>
  [key, { key, clustersetIps, ports: ports.map((port) => ({ port })) }] as const;
const view = {
  services: new Map([
    service('shop/cart', ['10.96.0.5', 'fd00:96::5'], 80, 9090),
    service('shop/web', undefined, 80),
    service('shop/cart-0.east.cart', ['10.1.0.7'], 8080),
  ]),
} as unknown as MeshView;
const known = clustersetAddresses(view);

describe('a captured connection', () => {
  it.each([
    ['10.96.0.5', 80],
    ['10.96.0.5', 9090],
    ['fd00:96::5', 80],
  ])('to %s port %s goes to the service of that address', (host, port) => {
    const to = { service: 'shop/cart', port };
    expect(routeCaptured({ host, port }, known, place)).toEqual({ kind: 'mesh', to });
  });

  it('to a pod is to that pod for as long as it has the address', () => {
    const to = { service: 'shop/cart-0.east.cart', port: 8080, at: '10.1.0.7' };
    expect(routeCaptured({ host: '10.1.0.7', port: 8080 }, known, place)).toEqual({ kind: 'mesh', to });
  });

  it('to any other address or port goes where it was going', () => {
    const target = fc.record({
      host: fc.oneof(fc.ipV4(), fc.constantFrom('10.96.0.5', 'fd00:96::5', '10.244.0.7')),
      port: fc.oneof(fc.integer({ min: 1, max: 65_535 }), fc.constantFrom(80, 9090, 15_002)),
    });
    const isOther = ({ host, port }: { host: string; port: number }): boolean =>
      !(['10.96.0.5', 'fd00:96::5'].includes(host) && [80, 9090].includes(port)) &&
      !(port === 15_002 && (host.startsWith('127.') || host === '10.244.0.7'));
    fc.assert(
      fc.property(target.filter(isOther), (to) => {
        expect(routeCaptured(to, known, place)).toEqual({ kind: 'pass', to });
      }),
    );
  });

  it.each([
    ['loopback', { host: '127.0.0.1', port: 15_002 }],
    ['another address of loopback', { host: '127.8.8.8', port: 15_002 }],
    ['loopback of IPv6', { host: '::1', port: 15_002 }],
    ['the pod', { host: '10.244.0.7', port: 15_002 }],
    ['the pod by IPv6', { host: 'fd00::7', port: 15_002 }],
    ['nobody knows where', undefined],
  ])('to the capture port of %s is refused: it would go in a circle', (_where, original) => {
    expect(routeCaptured(original, known, place)).toEqual({ kind: 'refuse', reason: 'capture_loop' });
  });
});
