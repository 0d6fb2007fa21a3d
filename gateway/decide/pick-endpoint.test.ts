import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pickEndpoint, type EndpointLoad, type Place, type Standing } from './pick-endpoint.ts';

const place = (port: number): Place => ({ address: '127.0.0.1', port });
const load = (open: readonly number[], standing: readonly Standing[] = []): EndpointLoad => ({
  open: (one) => open[one.port] ?? 0,
  standing: (one) => standing[one.port] ?? 'usable',
});

describe('the choice of an endpoint', () => {
  const [a, b, c] = [place(0), place(1), place(2)];
  it.each([
    ['nothing to choose from', [], [], load([]), undefined],
    ['the own zone first, however loaded', [a], [b], load([99, 0]), a],
    ['another zone when the own has none', [], [b], load([0, 7]), b],
    ['the less loaded of two', [a, b], [], load([5, 1]), b],
    ['another zone rather than a resting one', [a], [b], load([0, 0], ['resting', 'usable']), b],
    ['a resting one of the own zone rather than of another', [a], [b], load([], ['resting', 'resting']), a],
    ['a resting one rather than none', [a], [], load([], ['resting']), a],
    ['never one that was tried', [a, b], [c], load([], ['tried', 'tried', 'tried']), undefined],
    ['another zone once all of the own were tried', [a, b], [c], load([], ['tried', 'tried', 'usable']), c],
  ] as const)('%s', (_what, near, far, known, wanted) => {
    expect(pickEndpoint({ near, far }, known, [0, 0])).toBe(wanted);
  });

  const standing = fc.constantFrom<Standing>('usable', 'resting', 'tried');
  const one = fc.record({ open: fc.nat({ max: 50 }), standing, near: fc.boolean() });
  const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

  it('takes one of the best class there is, and never the most loaded of three or more there', () => {
    fc.assert(
      fc.property(fc.array(one, { maxLength: 12 }), draw, draw, (all, first, second) => {
        const places = all.map((_, port) => place(port));
        const known = load(
          all.map((each) => each.open),
          all.map((each) => each.standing),
        );
        const near = places.filter((each) => all[each.port]!.near);
        const far = places.filter((each) => !all[each.port]!.near);
        const picked = pickEndpoint({ near, far }, known, [first, second]);
        const classOf = (each: Place): number =>
          (known.standing(each) === 'resting' ? 2 : 0) + (all[each.port]!.near ? 0 : 1);
        const allowed = places.filter((each) => known.standing(each) !== 'tried');
        if (allowed.length === 0) return picked === undefined;
        const best = Math.min(...allowed.map(classOf));
        const peers = allowed.filter((each) => classOf(each) === best);
        expect(peers).toContain(picked);
        const heavier = peers.filter((each) => known.open(each) > known.open(picked!));
        const alike = peers.filter((each) => known.open(each) === known.open(picked!));
        return peers.length < 2 || heavier.length + alike.length >= 2;
      }),
      { numRuns: 1_000 },
    );
  });

  it('spreads evenly, within a few connections', () => {
    const near = Array.from({ length: 7 }, (_, port) => place(port));
    const open = near.map(() => 0);
    let state = 12_345;
    const next = (): number => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
    for (let i = 0; i < 7_000; i++)
      open[pickEndpoint({ near, far: [] }, load(open), [next(), next()])!.port]! += 1;
    expect(Math.max(...open) - Math.min(...open)).toBeLessThan(20);
  });
});
