import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fault } from '../../mesh/model/fault.ts';
import { eventsBetween, NOTHING_OBSERVED, shareEvent, type ClusterShares, type Observed } from './events.ts';
import { cluster, endpoint, key, peer, peersOf } from './testing/sample-state.ts';

const observed = (over: Partial<Observed>): Observed => ({ ...NOTHING_OBSERVED, ...over });
const withEndpoints = (...endpoints: ReturnType<typeof endpoint>[]): Observed =>
  observed({ endpoints: new Map([[key('shop/cart'), endpoints]]) });
const withPeer = (state: 'connecting' | 'up' | 'stale' | 'left'): Observed =>
  observed({ peers: peersOf(peer('west', [], state)) });
const wrong = fault('invalid_manifest', 'a.yaml:3', 'is wrong');

describe('events', () => {
  it.each([
    ['a link that comes up', withPeer('connecting'), withPeer('up'), ['west: link up']],
    ['a link lost', withPeer('up'), withPeer('stale'), ['west: link lost; its catalog is kept and used']],
    ['a member that leaves', withPeer('up'), withPeer('left'), ['west: left the mesh']],
    ['a member forgotten', withPeer('stale'), observed({}), ['west: is no member any more']],
    ['only a first dial', observed({}), withPeer('connecting'), []],
    ['a new endpoint', observed({}), withEndpoints(endpoint('a')), ['shop/cart: endpoint a ready']],
    ['a new endpoint that is not ready', observed({}), withEndpoints(endpoint('a', { ready: false })), []],
    [
      'an endpoint that drains',
      withEndpoints(endpoint('a')),
      withEndpoints(endpoint('a', { ready: false })),
      ['shop/cart: endpoint a not ready'],
    ],
    ['an endpoint gone', withEndpoints(endpoint('a')), observed({}), ['shop/cart: endpoint a gone']],
    ['an export', observed({}), observed({ exported: new Set([key('shop/cart')]) }), ['shop/cart: exported']],
    [
      'an export removed',
      observed({ exported: new Set([key('shop/cart')]) }),
      observed({}),
      ['shop/cart: no longer exported'],
    ],
    ['a mistake', observed({}), observed({ faults: [wrong] }), ['! a.yaml:3: is wrong']],
    ['a mistake mended', observed({ faults: [wrong] }), observed({}), ['mended: a.yaml:3: is wrong']],
  ])('%s', (_what, before, after, events) => {
    expect(eventsBetween(before, after)).toEqual(events);
    expect(eventsBetween(after, after)).toEqual([]);
  });
});

describe('events of shares', () => {
  const route = { from: key('shop/web'), to: key('shop/cart') };
  const shares = (entries: Record<string, number>): ClusterShares =>
    new Map(Object.entries(entries).map(([name, share]) => [cluster(name), share]));

  it.each([
    [undefined, { east: 100 }, 'shop/web -> shop/cart: east 100 %'],
    [{ east: 100 }, { west: 100, east: 0 }, 'shop/web -> shop/cart: west 100 %'],
    [{ east: 100 }, { east: 91, west: 9 }, undefined],
    [{ east: 100 }, { east: 90, west: 10 }, 'shop/web -> shop/cart: east 90 %, west 10 %'],
    [{ east: 100 }, {}, 'shop/web -> shop/cart: nowhere'],
  ])('from %j to %j: %s', (told, now, event) => {
    expect(shareEvent(route, told === undefined ? undefined : shares(told), shares(now))).toBe(event);
  });

  it('never leaves anybody with a picture that is off by ten points', () => {
    const anyShares = fc.tuple(fc.nat(100), fc.nat(100)).map(([a, b]) => {
      const east = Math.min(a, 100);
      return shares({ east, west: Math.min(b, 100 - east), south: 100 - east - Math.min(b, 100 - east) });
    });
    fc.assert(
      fc.property(fc.array(anyShares, { minLength: 1, maxLength: 20 }), (history) => {
        let told: ClusterShares | undefined;
        for (const now of history) {
          if (shareEvent(route, told, now) !== undefined) told = now;
          for (const [name, share] of now) expect(Math.abs((told?.get(name) ?? 0) - share)).toBeLessThan(10);
        }
      }),
    );
  });
});
