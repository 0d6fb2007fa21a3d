/**
 * The next state of a cluster with every entry that has not changed taken from the last one: so who compares two states
 * compares references, and finds what changed without reading the rest.
 */
import { sameData } from '../../kit/same-data.ts';
import type { ServiceKey } from '../../model/names.ts';
import type { PodSlice } from '../../model/service.ts';
import type { Fault } from '../../model/fault.ts';
import type { Reading } from '../../model/reading.ts';
import type { ClusterObjects } from '../../ports/resource-store.ts';

type Content = Omit<ClusterObjects, 'version' | 'ownAddresses'>;

const NO_SLICES: ReadonlyMap<ServiceKey, readonly PodSlice[]> = new Map();
const NO_READINGS: ReadonlyMap<string, Reading> = new Map();

/** The very `before` when nothing is different. */
export function shareUnchanged(before: Content, next: Content): Content {
  const shared: Content = {
    namespaces: sharedSet(before.namespaces, next.namespaces),
    services: sharedMap(before.services, next.services),
    endpoints: sharedMap(before.endpoints, next.endpoints),
    exports: sharedMap(before.exports, next.exports),
    failover: sharedMap(before.failover, next.failover),
    access: sharedValue(before.access, next.access),
    faults: sameFaults(before.faults, next.faults) ? before.faults : next.faults,
    ...(next.podSlices && { podSlices: sharedMap(before.podSlices ?? NO_SLICES, next.podSlices) }),
    ...(next.readings && { readings: sharedMap(before.readings ?? NO_READINGS, next.readings) }),
    ...(next.unreadyAddresses && {
      unreadyAddresses: sharedSet(before.unreadyAddresses ?? new Set(), next.unreadyAddresses),
    }),
  };
  const fields = Object.keys(shared) as (keyof Content)[];
  return fields.every((field) => shared[field] === before[field]) ? before : shared;
}

function sharedMap<K, V>(before: ReadonlyMap<K, V>, next: ReadonlyMap<K, V>): ReadonlyMap<K, V> {
  let isSame = before.size === next.size;
  const shared = new Map<K, V>();
  for (const [key, value] of next) {
    const held = before.get(key);
    const kept = held === undefined ? value : sharedValue(held, value);
    if (kept !== held) isSame = false;
    shared.set(key, kept);
  }
  return isSame ? before : shared;
}

function sharedSet<T>(before: ReadonlySet<T>, next: ReadonlySet<T>): ReadonlySet<T> {
  return before.size === next.size && [...next].every((one) => before.has(one)) ? before : next;
}

function sharedValue<T>(before: T, next: T): T {
  return sameData(before, next) ? before : next;
}

/** What caused a fault is for people alone, and of any form. */
function sameFaults(before: readonly Fault[], next: readonly Fault[]): boolean {
  const plain = (faults: readonly Fault[]): readonly object[] =>
    faults.map((one) => ({ ...one, cause: undefined }));
  return sameData(plain(before), plain(next));
}
