/** What changed between two versions of a keyed collection. Entries of equal content are not changes. */
import { sameData } from '../../mesh/kit/same-data.ts';

export interface Changes<K> {
  readonly changed: ReadonlySet<K>;
  readonly removed: ReadonlySet<K>;
}

export interface Settled<K, V> extends Changes<K> {
  /** The next version; an entry that did not change is the very object of the one before. */
  readonly entries: ReadonlyMap<K, V>;
}

export function settle<K, V>(before: ReadonlyMap<K, V>, next: ReadonlyMap<K, V>): Settled<K, V> {
  const changed = new Set<K>();
  const entries = new Map<K, V>();
  for (const [key, value] of next) {
    const held = before.get(key);
    const isSame = held !== undefined && sameData(held, value);
    entries.set(key, isSame ? held : value);
    if (!isSame) changed.add(key);
  }
  const removed = new Set([...before.keys()].filter((key) => !next.has(key)));
  return { entries, changed, removed };
}

export function isChange<K>({ changed, removed }: Changes<K>): boolean {
  return changed.size > 0 || removed.size > 0;
}
