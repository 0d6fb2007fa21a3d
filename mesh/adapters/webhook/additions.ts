/**
 * What others have added to a pod since it was given its sidecar, as the API server its defaults or a LimitRange its limits.
 * Entries of lists are known by their `name`, the second of a name as the second. Each value is looked at once, whatever the
 * pod holds. Of plain data (objects, arrays, primitives; no cycles).
 */
import { isRecord } from '../kubernetes/api-object.ts';

/** Whether `given` says everything that `wanted` says, and maybe more. */
export function contains(given: unknown, wanted: unknown): boolean {
  if (Object.is(given, wanted)) return true;
  if (Array.isArray(given) && Array.isArray(wanted)) {
    const [entries, others]: readonly (readonly unknown[])[] = [wanted, given];
    const places = counterparts(others ?? [], entries ?? []);
    return places.every((at, index) => at !== -1 && contains(others?.[at], entries?.[index]));
  }
  if (!isRecord(given) || !isRecord(wanted)) return false;
  return Object.entries(wanted).every(
    ([key, value]) => Object.hasOwn(given, key) && contains(given[key], value),
  );
}

/** Whether the entries of a list stand in the order in which they shall. */
export function isInOrder(given: readonly unknown[], wanted: readonly unknown[]): boolean {
  const places = counterparts(given, wanted);
  return places.every((at, index) => index === 0 || at > (places[index - 1] ?? -1));
}

/** `wanted`, where entries of a list that say all that they shall stay as they are given. */
export function withAdditions(wanted: unknown, given: unknown): unknown {
  if (!Array.isArray(wanted) || !Array.isArray(given)) return wanted;
  const [entries, others]: readonly unknown[][] = [wanted, given];
  const places = counterparts(others ?? [], entries ?? []);
  return entries?.map((entry, index) => {
    const other = others?.[places[index] ?? -1];
    return contains(other, entry) ? other : entry;
  });
}

/** For each wanted entry the index of the given one of that name; -1: there is none. */
function counterparts(given: readonly unknown[], wanted: readonly unknown[]): readonly number[] {
  const places = new Map<string, number[]>();
  given.forEach((entry, index) => {
    const name = nameOf(entry);
    const held = places.get(name);
    if (held === undefined) places.set(name, [index]);
    else held.push(index);
  });
  const taken = new Map<string, number>();
  return wanted.map((entry) => {
    const name = nameOf(entry);
    const nth = taken.get(name) ?? 0;
    taken.set(name, nth + 1);
    return places.get(name)?.[nth] ?? -1;
  });
}

function nameOf(entry: unknown): string {
  const name = isRecord(entry) ? entry['name'] : undefined;
  return typeof name === 'string' ? name : '';
}
