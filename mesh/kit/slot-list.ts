/**
 * A set of objects that come and go by the thousand: each knows its place, so that neither costs a hash. It gives no
 * room back: the table of a Set, or of an array that also shrinks, is copied again and again, and one that is left behind, once it
 * is in V8's old generation, holds all that was in it until the next full collection (docs/decisions/0007).
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
