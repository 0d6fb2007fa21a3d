import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignPlainPorts, plainPortsText, readPlainPorts, type PlainPorts } from './plain-ports.ts';

const some = (...names: readonly string[]): ReadonlySet<string> => new Set(names);

describe('the ports of plain proxies', () => {
  it('are one for each service port, from 20000 on', () => {
    const { wanted, unserved } = assignPlainPorts(new Map(), some('shop/cart:80', 'shop/ledger:7000'));
    expect([...wanted]).toEqual([
      ['shop/cart:80', 20_000],
      ['shop/ledger:7000', 20_001],
    ]);
    expect(unserved).toEqual([]);
  });

  it('stay what they were over the going and coming of what they stand for', () => {
    const first = assignPlainPorts(new Map(), some('a', 'b'));
    const without = assignPlainPorts(first.held, some('b', 'c'));
    expect(without.wanted.get('c')).toBe(20_002);
    expect([...without.wanted.keys()]).toEqual(['b', 'c']);
    const again = assignPlainPorts(without.held, some('a', 'b'));
    expect(again.wanted.get('a')).toBe(first.wanted.get('a'));
    expect(again.held).toBe(without.held);
  });

  it('are taken back from what has gone when there are no others, and then refused', () => {
    const full = assignPlainPorts(new Map(), some('a', 'b'), 2);
    const turned = assignPlainPorts(full.held, some('b', 'c'), 2);
    expect(turned.wanted.get('c')).toBe(full.wanted.get('a'));
    const over = assignPlainPorts(turned.held, some('b', 'c', 'd'), 2);
    expect(over.unserved).toEqual(['d']);
  });

  it('mean one thing each, whatever comes and goes', () => {
    const steps = fc.array(fc.uniqueArray(fc.constantFrom(...'abcdefgh'), { maxLength: 6 }), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(steps, (all) => {
        let held: PlainPorts = new Map();
        for (const names of all) {
          const next = assignPlainPorts(held, new Set(names), 6);
          expect(next.unserved).toEqual([]);
          expect(new Set(next.held.values()).size).toBe(next.held.size);
          expect([...next.wanted.keys()].sort()).toEqual([...names].sort());
          held = next.held;
        }
      }),
    );
  });

  it('are read as they were written, and damaged text as none', () => {
    const { held } = assignPlainPorts(new Map(), some('a', 'b'));
    expect(readPlainPorts(plainPortsText(held))).toEqual(held);
    for (const text of ['', '{', '{}', '[1]', '[["a","b"]]', undefined])
      expect(readPlainPorts(text)).toEqual(new Map());
  });
});
