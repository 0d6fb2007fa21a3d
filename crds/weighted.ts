import { isDnsLabel } from '../mesh/model/names.ts';
import type { Weighted } from '../mesh/model/policy.ts';

const MAX_WEIGHT = 1000;
const FIELDS: ReadonlySet<string> = new Set(['name', 'weight']);

/** A name, or {name, weight} with a weight of 1-1000; undefined for anything else. */
export function toWeighted(entry: unknown): Weighted | undefined {
  if (typeof entry === 'string') return isDnsLabel(entry) ? { name: entry, weight: 1 } : undefined;
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return undefined;
  if (!Object.keys(entry).every((field) => FIELDS.has(field))) return undefined;
  const { name, weight = 1 } = entry as Readonly<Record<string, unknown>>;
  if (typeof name !== 'string' || !isDnsLabel(name)) return undefined;
  if (typeof weight !== 'number' || !(weight >= 1 && weight <= MAX_WEIGHT)) return undefined;
  return { name, weight };
}
