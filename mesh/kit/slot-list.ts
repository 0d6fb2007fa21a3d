/** A set of objects that come and go by the thousand: each knows its place, so that neither costs a hash. */
export interface Slotted {
  /** Its place in the one list that it is in; the list's own. */
  slot: number;
}

export interface SlotList<T extends Slotted> {
  /** In no order that means anything. */
  readonly items: readonly T[];
  /** It must not be in a list. */
  add(item: T): void;
  /** Answers whether it was in this list. */
  remove(item: T): boolean;
}

export function createSlotList<T extends Slotted>(): SlotList<T> {
  const items: T[] = [];
  return {
    items,
    add(item) {
      item.slot = items.length;
      items.push(item);
    },
    remove(item) {
      if (items[item.slot] !== item) return false;
      const last = items.pop() as T;
      if (last === item) return true;
      items[item.slot] = last;
      last.slot = item.slot;
      return true;
    },
  };
}
