import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ServiceKey } from '../../mesh/model/names.ts';
import { detectProtocol } from './detect-protocol.ts';
import { parseServiceHost, serviceHost } from './host-route.ts';
import { isReservedHeader } from './own-headers.ts';

describe('the service that a Host names', () => {
  it.each([
    ['cart.shop', 'shop/cart', 80],
    ['cart.shop.svc', 'shop/cart', 80],
    ['cart.shop.svc.clusterset.local', 'shop/cart', 80],
    ['cart.shop.svc.cluster.local:8080', 'shop/cart', 8080],
    ['cart-0.west.cart.shop.svc.clusterset.local:8080', 'shop/cart-0.west.cart', 8080],
  ])('%s', (host, service, port) => {
    expect(parseServiceHost(host)).toEqual({ service, port });
  });

  it.each([
    'cart',
    '',
    'cart.shop.example.com',
    '127.0.0.1',
    '[::1]:80',
    'a_b.shop',
    'cart.shop.svc.',
    'cart..shop',
    'x.cart.shop.svc.cluster.local',
    'cart-0.west.cart.shop.svc.cluster.local',
    'cart-0.west.cart.shop',
    'x.cart-0.west.cart.shop.svc.clusterset.local',
    'cart_0.west.cart.shop.svc.clusterset.local',
  ])('is none for %j', (host) => {
    expect(parseServiceHost(host)).toBeUndefined();
  });

  it('is named so that it is found again', () => {
    const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/);
    fc.assert(
      fc.property(label, label, fc.integer({ min: 1, max: 65_535 }), (namespace, name, port) => {
        const address = { service: `${namespace}/${name}` as ServiceKey, port };
        expect(parseServiceHost(serviceHost(address))).toEqual(address);
        const host = { service: `${namespace}/${name}-0.west.${name}` as ServiceKey, port };
        expect(parseServiceHost(serviceHost(host))).toEqual(host);
      }),
    );
  });
});

describe('the protocol of a client', () => {
  it.each([
    ['GET / HTTP/1.1\r\n', 'http'],
    ['OPTIONS * HTTP/1.1', 'http'],
    ['GE', 'need-more'],
    ['', 'need-more'],
    ['PRI * HTTP/2.0\r\n', 'tcp'],
    ['GETAWAY', 'tcp'],
    ['get / HTTP/1.1', 'tcp'],
    ['\x16\x03\x01', 'tcp'],
  ])('%j is %s', (text, protocol) => {
    expect(detectProtocol(Buffer.from(text, 'latin1'))).toBe(protocol);
  });

  it('does not change its mind when more comes', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (first, more) => {
        const early = detectProtocol(Buffer.from(first));
        if (early !== 'need-more') expect(detectProtocol(Buffer.from(first + more))).toBe(early);
      }),
    );
  });
});

describe('header fields that speak for the mesh', () => {
  it.each([
    'x-isthmus-source',
    'x_isthmus_source',
    'x-isthmus_reason',
    'x-forwarded-client-cert',
    'x-forwarded_client_cert',
  ])('%s is reserved', (name) => {
    expect(isReservedHeader(name)).toBe(true);
  });
  it.each(['x-forwarded-for', 'x-request-id', 'isthmus', 'x-isthmus'])('%s is not', (name) => {
    expect(isReservedHeader(name)).toBe(false);
  });
});
