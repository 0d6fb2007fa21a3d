import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { LinkedList } from './linked-list.ts';
import { SlotList } from './slot-list.ts';

describe('what has left a list is held by nothing of it', () => {
  it('a linked list, though a link of its neighbour is kept', async () => {
    const list = new LinkedList<object>();
    const neighbour = list.add({});
    const left = passing((item) => {
      const link = list.add(item);
      list.remove(neighbour);
      list.remove(link);
    });
    expect(await isCollected(left)).toBe(true);
    expect([list.size, neighbour.item]).toEqual([0, {}]);
  });

  it('a slot list', async () => {
    const list = new SlotList();
    list.add({ slot: 0 });
    const left = passing((item) => {
      list.add(item);
      list.remove(item);
    });
    expect(await isCollected(left)).toBe(true);
    expect(list.size).toBe(1);
  });
});

/** An object that nothing holds but what `visit` leaves it with. */
function passing(visit: (item: { slot: number }) => void): WeakRef<object> {
  const item = { slot: 0 };
  visit(item);
  return new WeakRef(item);
}

async function isCollected(reference: WeakRef<object>): Promise<boolean> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // What was made or looked at in a turn of the event loop lives to its end.
  await turn();
  collect();
  return reference.deref() === undefined;
}
