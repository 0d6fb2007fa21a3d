import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LinkedList, type Link } from './linked-list.ts';

describe('a linked list', () => {
  it('is a Set that keeps its order, whatever comes and goes', () => {
    const changes = fc.array(fc.record({ add: fc.boolean(), at: fc.nat({ max: 20 }) }), { maxLength: 60 });
    fc.assert(
      fc.property(changes, (all) => {
        const list = new LinkedList<number>();
        const model = new Set<number>();
        const links: Link<number>[] = [];
        for (const { add, at } of all) {
          const link = links[at];
          if (add) {
            links.push(list.add(links.length));
            model.add(links.length - 1);
          } else if (link !== undefined) expect(list.remove(link)).toBe(model.delete(link.item));
          expect(list.items()).toEqual([...model]);
          expect(list.size).toBe(model.size);
          expect(list.first?.item).toBe([...model][0]);
        }
      }),
    );
  });

  it('takes no link of another list', () => {
    const [one, other] = [new LinkedList<string>(), new LinkedList<string>()];
    const link = one.add('a');
    other.add('b');
    expect(other.remove(link)).toBe(false);
    expect([one.items(), other.items()]).toEqual([['a'], ['b']]);
  });
});
