import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SlotList } from './slot-list.ts';

test('holds what a Set holds, whatever comes and goes', () => {
  const steps = fc.array(fc.record({ add: fc.boolean(), which: fc.nat(9) }), { maxLength: 200 });
  fc.assert(
    fc.property(steps, (all) => {
      const things = Array.from({ length: 10 }, (_, id) => ({ id, slot: 0 }));
      const list = new SlotList<(typeof things)[number]>();
      const oracle = new Set<(typeof things)[number]>();
      for (const { add, which } of all) {
        const thing = things[which];
        if (thing === undefined) continue;
        if (!add) expect(list.remove(thing)).toBe(oracle.delete(thing));
        else if (!oracle.has(thing)) list.add(thing);
        if (add) oracle.add(thing);
        expect(new Set(list.items())).toEqual(oracle);
        expect(list.items()).toHaveLength(oracle.size);
      }
    }),
  );
});
