/**
 * Results by key, each kept as long as it follows from the same things: so a pass over everything costs what has changed.
 * "The same" is mostly by reference: snapshots are immutable and share what did not change, so it is cheap to see and
 * never wrong; at worst a result is made anew. A memo holds what its last round asked for, and nothing else.
 */
export interface KeyedMemo<K, I extends object, V> {
  /** Begins a round: what is not asked for in it is forgotten with the next one. */
  round(): Recall<K, I, V>;
}

/** The result of `make` for this key. It is given all that it may depend on: a function of the module, no closure. */
export type Recall<K, I extends object, V> = (key: K, inputs: I, make: (inputs: I) => V) => V;

interface Entry<I, V> {
  readonly inputs: I;
  readonly value: V;
}

/** A field of the inputs, a member of a list there, a field of that. */
const DEPTH = 3;

export function createKeyedMemo<K, I extends object, V>(): KeyedMemo<K, I, V> {
  let kept = new Map<K, Entry<I, V>>();
  return {
    round() {
      const before = kept;
      const now = (kept = new Map<K, Entry<I, V>>());
      return (key, inputs, make) => {
        const held = before.get(key);
        const isHeld = held !== undefined && isSame(held.inputs, inputs, DEPTH);
        const entry = isHeld ? held : { inputs, value: make(inputs) };
        now.set(key, entry);
        return entry.value;
      };
    },
  };
}

/** By reference below `depth`, and wherever something is no plain data. */
function isSame(a: unknown, b: unknown, depth: number): boolean {
  if (Object.is(a, b)) return true;
  if (depth === 0) return false;
  if (Array.isArray(a)) return Array.isArray(b) && isSameList(a, b, depth - 1);
  return isRecord(a) && isRecord(b) && isSameRecord(a, b, depth - 1);
}

function isSameList(a: readonly unknown[], b: readonly unknown[], depth: number): boolean {
  return a.length === b.length && a.every((one, i) => isSame(one, b[i], depth));
}

function isSameRecord(a: PlainRecord, b: PlainRecord, depth: number): boolean {
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  for (const key of keys) if (!Object.hasOwn(b, key) || !isSame(a[key], b[key], depth)) return false;
  return true;
}

type PlainRecord = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is PlainRecord {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
