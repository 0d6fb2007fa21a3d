import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostKey, parseHostKey, serviceOf } from './host-key.ts';
import type { ClusterName, ServiceKey } from './names.ts';

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);

describe('the key of a host', () => {
  it('is in the order of its DNS name', () => {
    const host = {
      hostname: 'cart-0',
      cluster: 'east' as ClusterName,
      service: 'shop/cart' as ServiceKey,
    };
    expect(hostKey(host)).toBe('shop/cart-0.east.cart');
    expect(serviceOf('shop/cart-0.east.cart' as ServiceKey)).toBe('shop/cart');
    expect(serviceOf('shop/cart' as ServiceKey)).toBe('shop/cart');
  });

  it('says all of the host', () => {
    fc.assert(
      fc.property(label, label, label, label, (namespace, name, cluster, hostname) => {
        const service = `${namespace}/${name}` as ServiceKey;
        const host = { hostname, cluster: cluster as ClusterName, service };
        expect(parseHostKey(hostKey(host))).toEqual(host);
      }),
    );
  });

  it.each([
    ...['shop/cart', 'shop/a.b', 'shop/a.b.c.d', 'shop/a..c', 'shop/.b.c', 'shop/A.b.c', 'sh.op/a.b.c'],
    ...['/a.b.c', 'a.b.c', 'shop/a.b.c/d', `shop/${'a'.repeat(64)}.b.c`, ''],
  ])('is not %j', (text) => {
    expect(parseHostKey(text)).toBeUndefined();
  });
});
