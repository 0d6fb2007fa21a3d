/** What to tell a peer next: a snapshot, or the steps since what it holds. One cursor is all that is kept for a peer. */
import type { ExchangeFrame, Position } from '../../mesh/model/exchange-frame.ts';
import { splitServiceKey } from '../../mesh/model/names.ts';
import { formatDigest } from './catalog-digest.ts';
import type { CatalogLog, LiveStep, Step } from './catalog-log.ts';

export type Cursor =
  | {
      readonly kind: 'snapshot';
      readonly position: Position;
      readonly steps: readonly LiveStep[];
      /** -1: SnapshotBegin comes next. */
      readonly index: number;
    }
  /** `version`: of the last step sent. */
  | { readonly kind: 'steps'; readonly version: number };

/** Steps only, where the peer holds this epoch; else a snapshot. `nextFrame` sees to tombstones that were forgotten. */
export function cursorFor(log: CatalogLog, resume: Position | undefined): Cursor {
  const { epoch, version } = log.position;
  const resumable = resume?.epoch === epoch && resume.version <= version;
  return resumable ? { kind: 'steps', version: resume.version } : snapshotCursor(log);
}

export function snapshotCursor(log: CatalogLog): Cursor {
  const steps = log.steps.filter((step) => step.kind === 'live');
  return { kind: 'snapshot', position: log.position, steps, index: -1 };
}

/** The next frame and the cursor after it; undefined when the peer has been told everything. */
export function nextFrame(
  log: CatalogLog,
  cursor: Cursor,
): { readonly frame: ExchangeFrame; readonly cursor: Cursor } | undefined {
  if (cursor.kind === 'snapshot') return nextOfSnapshot(cursor);
  if (cursor.version < log.floor) return nextFrame(log, snapshotCursor(log));
  const step = firstAfter(log.steps, cursor.version);
  if (step === undefined) return undefined;
  return { frame: toFrame(step, cursor.version), cursor: { kind: 'steps', version: step.version } };
}

/** Sent only where the cursor is at the end: then the receiver should hold exactly this. */
export function digestFrame(log: CatalogLog, bundleVersion: number): ExchangeFrame {
  return { kind: 'digest', position: log.position, digest: formatDigest(log.digest), bundleVersion };
}

export function isAtEnd(log: CatalogLog, cursor: Cursor): boolean {
  return cursor.kind === 'steps' && cursor.version >= log.position.version;
}

function nextOfSnapshot(cursor: Cursor & { kind: 'snapshot' }): { frame: ExchangeFrame; cursor: Cursor } {
  const { steps, index, position } = cursor;
  const count = steps.length;
  const advanced: Cursor = { ...cursor, index: index + 1 };
  if (index < 0) return { frame: { kind: 'snapshotBegin', position, count }, cursor: advanced };
  const step = steps[index];
  if (step !== undefined) return { frame: toFrame(step, steps[index - 1]?.version ?? 0), cursor: advanced };
  const { version } = position;
  return { frame: { kind: 'snapshotComplete', version, count }, cursor: { kind: 'steps', version } };
}

function toFrame(step: Step, after: number): ExchangeFrame {
  const { version } = step;
  if (step.kind === 'live') return { kind: 'upsert', version, after, service: step.stated };
  return { kind: 'tombstone', version, after, ...splitServiceKey(step.key) };
}

/** By binary search: steps are in order of version. */
function firstAfter(steps: readonly Step[], version: number): Step | undefined {
  let [low, high] = [0, steps.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((steps[middle]?.version ?? 0) > version) high = middle;
    else low = middle + 1;
  }
  return steps[low];
}
