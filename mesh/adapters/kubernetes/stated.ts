/**
 * Whether an object of an API server says what Isthmus applies to it, and nothing that Isthmus applied before: then it
 * need not be written. What others have added to it is theirs.
 */
import { sameData } from '../../kit/same-data.ts';
import { isRecord, type ApiObject } from './api-object.ts';
import { FIELD_MANAGER } from './apply.ts';

type Fields = Readonly<Record<string, unknown>>;

/** `applied`: fields of the object, or with `subresource` its status alone. */
export function isStated(held: ApiObject | undefined, applied: Fields, subresource?: 'status'): boolean {
  if (held === undefined || !saysAll(held, applied)) return false;
  const { managedFields } = held.metadata;
  const entries = Array.isArray(managedFields) ? managedFields.filter(isRecord) : [];
  const ours = entries.find((entry) => {
    return (
      entry['manager'] === FIELD_MANAGER &&
      entry['operation'] === 'Apply' &&
      entry['subresource'] === subresource
    );
  });
  return !hasMore(ours?.['fieldsV1'], applied);
}

function saysAll(held: unknown, wanted: unknown): boolean {
  if (!isRecord(wanted)) return sameData(held, wanted);
  // An empty map is not kept by the API server.
  if (!isRecord(held)) return Object.keys(wanted).length === 0;
  return Object.entries(wanted).every(([name, value]) =>
    name === 'conditions' && Array.isArray(value)
      ? value.every((condition) => saysCondition(held[name], condition))
      : saysAll(held[name], value),
  );
}

/** Conditions are a list by type, in any order (KEP-1623). */
function saysCondition(held: unknown, wanted: unknown): boolean {
  return Array.isArray(held) && held.some((condition) => saysAll(condition, wanted));
}

/** Whether fields that are owned, as `fieldsV1` of managed fields has them, are not among those that are wanted. */
function hasMore(owned: unknown, wanted: unknown): boolean {
  if (!isRecord(owned)) return false;
  return Object.entries(owned).some(([mark, below]) => {
    const [kind, name] = [mark.slice(0, 2), mark.slice(2)];
    if (kind !== 'f:' && kind !== 'k:') return false;
    const value = kind === 'f:' ? fieldOf(wanted, name) : itemOf(wanted, name);
    return value === undefined || hasMore(below, value);
  });
}

function fieldOf(wanted: unknown, name: string): unknown {
  return isRecord(wanted) && Object.hasOwn(wanted, name) ? wanted[name] : undefined;
}

/** `keys` are fields of the item, as JSON: `{"type":"Ready"}`. */
function itemOf(wanted: unknown, keys: string): unknown {
  const named = parsed(keys);
  return Array.isArray(wanted) && isRecord(named) ? wanted.find((item) => saysAll(item, named)) : undefined;
}

/** Whoever writes to an object can write its managed fields. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
