import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRouteId, type ServiceKey } from '../model/names.ts';
import { routeId } from './route-id.ts';

const key = Buffer.alloc(32, 7);
const cart = 'shop/cart' as ServiceKey;

describe('routeId', () => {
  it('is the start of HMAC-SHA256 in base32, whatever the key', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 100 }),
        fc.integer({ min: 1, max: 65535 }),
        (bytes, port) => {
          const digest = createHmac('sha256', bytes).update(`shop/cart:${port}`).digest();
          const bits = [...digest].map((byte) => byte.toString(2).padStart(8, '0')).join('');
          const groups = bits.match(/.{5}/g)?.slice(0, 26) ?? [];
          const expected = groups
            .map((group) => 'abcdefghijklmnopqrstuvwxyz234567'[parseInt(group, 2)])
            .join('');
          expect(routeId(bytes, cart, port)).toBe(expected);
          expect(parseRouteId(expected)).toBe(expected);
        },
      ),
    );
  });

  it.each([
    ['another service', key, 'shop/cart2', 80],
    ['another namespace', key, 'sho/pcart', 80],
    ['another port', key, 'shop/cart', 8],
    ['another key', Buffer.alloc(32, 8), 'shop/cart', 80],
  ])('differs for %s', (_what, otherKey, service, port) => {
    expect(routeId(otherKey, service as ServiceKey, port)).not.toBe(routeId(key, cart, 80));
  });
});
