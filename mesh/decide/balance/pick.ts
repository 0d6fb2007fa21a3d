/** Picks by share, and the less loaded of two. On the path of every request: tables are prepared, picks allocate nothing. */
import type { GroupShare, Shares } from '../../model/shares.ts';

/** Shares as a cumulative table. */
export interface ShareTable {
  readonly groups: readonly GroupShare[];
  /** Upper bounds, 0-100, ascending; what lies above the last is shed. */
  readonly bounds: Float64Array;
}

export function prepareShares(shares: Shares): ShareTable {
  const groups = shares.groups.filter(({ share }) => share > 0);
  const bounds = new Float64Array(groups.length);
  let bound = 0;
  groups.forEach(({ share }, i) => (bounds[i] = bound += share));
  // Floating point must not shed what the decision did not.
  if (shares.shed === 0 && groups.length > 0) bounds[groups.length - 1] = 100;
  return { groups, bounds };
}

const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

/**
 * The number after `last` in a sequence on [0, 1) that is spread more evenly than chance (Weyl's, of the golden ratio):
 * of any n in a row, every share gets its part within a few. Chance alone would be off by 2 points over 600 requests.
 */
export function nextEven(last: number): number {
  const next = last + GOLDEN_RATIO;
  return next < 1 ? next : next - 1;
}

/** `at` in [0, 1). `shed`: refuse this request; undefined: there is nobody to send it to. */
export function pickGroup(table: ShareTable, at: number): GroupShare | 'shed' | undefined {
  if (table.groups.length === 0) return undefined;
  for (let i = 0; i < table.bounds.length; i++) {
    if (at * 100 < (table.bounds[i] ?? 0)) return table.groups[i];
  }
  return 'shed';
}

/** The index of the less loaded of two random candidates; `random` gives two numbers in [0, 1). -1 when there is none. */
export function pickTwoChoices(
  count: number,
  loadOf: (index: number) => number,
  random: () => number,
): number {
  if (count < 2) return count - 1;
  const first = Math.floor(random() * count);
  const second = (first + 1 + Math.floor(random() * (count - 1))) % count;
  return loadOf(second) < loadOf(first) ? second : first;
}

/** The load of a new endpoint looks heavier at first, down to its own after `rampMs`: slow start. */
export function slowStartLoad(load: number, ageMs: number, rampMs: number): number {
  return ageMs >= rampMs ? load : (load + 1) / Math.max(0.05, ageMs / rampMs);
}
