/**
 * A set of objects that come and go by the thousand: each knows its place, so that neither costs a hash. It keeps its room:
 * where the table of a Set or of an array is copied to grow or to shrink, the one left behind holds all that was in it, until
 * the next full collection once it is in the old generation of V8 (docs/decisions/0007).
 */
export interface Slotted {
  /** Its place in the one list that it is in; the list's own. */
  slot: number;
}

export class SlotList<T extends Slotted> {
  readonly #slots: (T | undefined)[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** In no order that means anything; a copy, so that items may come and go meanwhile. */
  items(): T[] {
    return this.#slots.slice(0, this.#size) as T[];
  }

  /** It must not be in a list. */
  add(item: T): void {
    item.slot = this.#size;
    this.#slots[this.#size] = item;
    this.#size += 1;
  }

  /** Answers whether it was in this list. */
  remove(item: T): boolean {
    if (this.#slots[item.slot] !== item) return false;
    this.#size -= 1;
    const last = this.#slots[this.#size] as T;
    this.#slots[item.slot] = last;
    last.slot = item.slot;
    this.#slots[this.#size] = undefined;
    return true;
  }
}
