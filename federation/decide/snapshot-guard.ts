/**
 * A snapshot that drops more than half of what a peer had is more often a fault of that peer than its will: what it
 * dropped stays in use until the same snapshot comes again later, most of it comes back, or an operator confirms.
 */
export interface Hold {
  /** Steady milliseconds at which it began. */
  readonly sinceMs: number;
  /** How many services there were, and how many of them the snapshot dropped. */
  readonly of: number;
  readonly dropped: number;
  /** Of the snapshot. */
  readonly digest: string;
}

export interface SnapshotFacts {
  readonly before: number;
  readonly dropped: number;
  readonly digest: string;
  readonly nowMs: number;
}

const SMALLEST_GUARDED = 4;
/** A second snapshot counts only this much later: a peer that restarts in a loop does not confirm itself. */
const CONFIRM_AFTER_MS = 30_000;

/** The hold under which to take a complete snapshot; undefined: take it as it is. */
export function judgeSnapshot(facts: SnapshotFacts, held: Hold | undefined): Hold | undefined {
  const { before, dropped, digest, nowMs } = facts;
  if (before < SMALLEST_GUARDED || dropped * 2 <= before) return undefined;
  const repeated = held?.digest === digest;
  if (repeated && nowMs - held.sinceMs >= CONFIRM_AFTER_MS) return undefined;
  return { sinceMs: repeated ? held.sinceMs : nowMs, of: before, dropped, digest };
}

/** Whether so much came back since that the rest may go. */
export function isHoldOver(hold: Hold, missing: number): boolean {
  return missing * 2 <= hold.of;
}
