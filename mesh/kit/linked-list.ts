/**
 * A list of objects that come and go by the thousand, oldest first. A Set would do the same and keep what has gone: when
 * its table has no room left it is copied, and the one left behind, once it is in V8's old generation, holds all that was in
 * it until the next full collection (docs/decisions/0007).
 */
export interface Link<T> {
  readonly item: T;
}

interface Node<T> extends Link<T> {
  list: LinkedList<T> | undefined;
  previous: Node<T> | undefined;
  next: Node<T> | undefined;
}

export class LinkedList<T> {
  #first: Node<T> | undefined;
  #last: Node<T> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The oldest. */
  get first(): Link<T> | undefined {
    return this.#first;
  }

  items(): T[] {
    const items: T[] = [];
    for (let node = this.#first; node !== undefined; node = node.next) items.push(node.item);
    return items;
  }

  /** The link is what takes the item out again. */
  add(item: T): Link<T> {
    const node: Node<T> = { item, list: this, previous: this.#last, next: undefined };
    if (this.#last === undefined) this.#first = node;
    else this.#last.next = node;
    this.#last = node;
    this.#size += 1;
    return node;
  }

  /** Answers whether it was in this list. */
  remove(link: Link<unknown>): boolean {
    const node = link as Node<T>;
    if (node.list !== this) return false;
    const { previous, next } = node;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    // It must not hold its neighbours: an old link that is dead would keep them.
    node.list = node.previous = node.next = undefined;
    this.#size -= 1;
    return true;
  }
}
