/**
 * What one peer states, applied: versions never go back, only a tombstone or a complete snapshot takes anything away,
 * and whatever is malformed or over quota is refused alone while the last good entry stays.
 */
import { ok, err, type Result } from '../../mesh/kit/result.ts';
import type { ExportedService } from '../../mesh/model/catalog.ts';
import type { CatalogFrame, ExchangeFrame, Position } from '../../mesh/model/exchange-frame.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import type { ClusterName, ServiceKey } from '../../mesh/model/names.ts';
import { assertNever } from '../../mesh/kit/assert-never.ts';
import { formatDigest } from './catalog-digest.ts';
import { createHoldings, type Holdings } from './holdings.ts';
import { statedKey } from './parse-service.ts';
import type { Quotas } from './quotas.ts';
import { isHoldOver, judgeSnapshot, type Hold } from './snapshot-guard.ts';

/** Owned by one caller and edited in place; others see only the copy that `visibleServices` makes. */
export interface Subscriber {
  readonly cluster: ClusterName;
  readonly quotas: Quotas;
  /** Up to where this peer's catalog has been applied; never goes back. */
  seen: Position;
  /** What the peer states now. */
  stated: Holdings;
  /** What it dropped in a snapshot that is held. */
  kept: ReadonlyMap<ServiceKey, ExportedService>;
  hold: Hold | undefined;
  /** Whether `stated` is the whole catalog at `seen`: then a new stream may resume there. */
  complete: boolean;
  phase: Phase;
}

/** `waiting`: for a snapshot; steps say nothing until it begins. */
type Phase =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'live' }
  | {
      readonly kind: 'snapshot';
      readonly position: Position;
      readonly count: number;
      readonly next: Holdings;
      last: number;
    };

export interface Reaction {
  readonly send: readonly ExchangeFrame[];
  /** Statements that were refused: to be counted and written down. */
  readonly refused: readonly Fault[];
  /** Whether what `visibleServices` answers has changed. */
  readonly changed: boolean;
}

const NOTHING: Reaction = { send: [], refused: [], changed: false };

/** `remembered`: last good services and position of an earlier run. */
export function createSubscriber(
  cluster: ClusterName,
  quotas: Quotas,
  remembered?: { readonly seen: Position; readonly services: ReadonlyMap<ServiceKey, ExportedService> },
): Subscriber {
  return {
    ...{ cluster, quotas, seen: remembered?.seen ?? { epoch: 0, version: 0 } },
    stated: createHoldings({ origin: cluster, quotas }, remembered?.services),
    ...{ kept: new Map(), hold: undefined, complete: false, phase: { kind: 'waiting' } },
  };
}

/** Where a new stream may resume. */
export function resumePosition(subscriber: Subscriber): Position | undefined {
  return subscriber.complete ? subscriber.seen : undefined;
}

/** A new stream: `position` as in the peer's Hello. A peer of an older epoch is an old copy and is not listened to. */
export function beginStream(subscriber: Subscriber, position: Position): Result<void, Fault> {
  const { seen } = subscriber;
  if (position.epoch < seen.epoch) return err(staleFault(subscriber, position));
  const resumed = subscriber.complete && position.epoch === seen.epoch;
  subscriber.phase = { kind: resumed ? 'live' : 'waiting' };
  return ok(undefined);
}

/** A new immutable map; entries of a held snapshot and last good ones of refused entries are in it. */
export function visibleServices(subscriber: Subscriber): ReadonlyMap<ServiceKey, ExportedService> {
  return new Map([...subscriber.kept, ...subscriber.stated.services()]);
}

/** Takes away what a held snapshot dropped. */
export function confirmHold(subscriber: Subscriber): boolean {
  const held = subscriber.hold !== undefined;
  subscriber.kept = new Map();
  subscriber.hold = undefined;
  return held;
}

/** Applies one frame. `nowMs`: steady time. */
export function receive(subscriber: Subscriber, frame: CatalogFrame, nowMs: number): Reaction {
  switch (frame.kind) {
    case 'snapshotBegin':
      return onBegin(subscriber, frame);
    case 'upsert':
    case 'tombstone':
      return onStep(subscriber, frame);
    case 'snapshotComplete':
      return onComplete(subscriber, frame, nowMs);
    case 'digest':
      return onDigest(subscriber, frame);
    default:
      return assertNever(frame);
  }
}

function onBegin(
  subscriber: Subscriber,
  { position, count }: CatalogFrame & { kind: 'snapshotBegin' },
): Reaction {
  const { seen, cluster, quotas } = subscriber;
  const older =
    position.epoch < seen.epoch || (position.epoch === seen.epoch && position.version < seen.version);
  if (older) {
    subscriber.phase = { kind: 'waiting' };
    return { ...NOTHING, refused: [staleFault(subscriber, position)] };
  }
  const next = createHoldings({ origin: cluster, quotas });
  subscriber.phase = { kind: 'snapshot', position, count, next, last: 0 };
  return NOTHING;
}

type StepFrame = CatalogFrame & { kind: 'upsert' | 'tombstone' };

function onStep(subscriber: Subscriber, frame: StepFrame): Reaction {
  const { phase, seen } = subscriber;
  if (phase.kind === 'waiting') return NOTHING;
  const last = phase.kind === 'snapshot' ? phase.last : seen.version;
  if (frame.version <= last) return NOTHING;
  if (frame.after !== last)
    return resync(subscriber, `step ${frame.version} follows ${frame.after}, not ${last}`);
  if (phase.kind === 'snapshot') return onSnapshotEntry(subscriber, phase, frame);
  subscriber.seen = { epoch: seen.epoch, version: frame.version };
  return frame.kind === 'upsert' ? onUpsert(subscriber, frame) : onTombstone(subscriber, frame);
}

function onSnapshotEntry(
  subscriber: Subscriber,
  phase: Phase & { kind: 'snapshot' },
  frame: StepFrame,
): Reaction {
  if (
    frame.kind === 'tombstone' ||
    frame.version > phase.position.version ||
    phase.next.count() >= phase.count
  )
    return resync(subscriber, 'a snapshot holds an entry that does not belong to it');
  phase.last = frame.version;
  const key = statedKey(frame.service);
  const lastGood = key && (subscriber.stated.get(key) ?? subscriber.kept.get(key));
  const taken = phase.next.put(frame.service, lastGood);
  return taken.ok ? NOTHING : refusal(subscriber, frame, taken.error);
}

function onUpsert(subscriber: Subscriber, frame: StepFrame & { kind: 'upsert' }): Reaction {
  const key = statedKey(frame.service);
  const taken = subscriber.stated.put(frame.service, key && subscriber.kept.get(key));
  if (!taken.ok) return refusal(subscriber, frame, taken.error);
  if (key !== undefined) dropKept(subscriber, key);
  return { ...NOTHING, changed: true };
}

function onTombstone(subscriber: Subscriber, frame: StepFrame & { kind: 'tombstone' }): Reaction {
  const key = statedKey(frame);
  if (key === undefined) return refusal(subscriber, frame, schemaFault('a tombstone names no service'));
  subscriber.stated.remove(key);
  dropKept(subscriber, key);
  return { ...NOTHING, changed: true };
}

/** What comes back, or is withdrawn by name, is no longer held. */
function dropKept(subscriber: Subscriber, key: ServiceKey): void {
  if (!subscriber.kept.has(key)) return;
  subscriber.kept = new Map([...subscriber.kept].filter(([kept]) => kept !== key));
}

function onComplete(
  subscriber: Subscriber,
  frame: CatalogFrame & { kind: 'snapshotComplete' },
  nowMs: number,
): Reaction {
  const { phase } = subscriber;
  if (phase.kind === 'waiting' || (phase.kind === 'live' && frame.version <= subscriber.seen.version))
    return NOTHING;
  if (phase.kind === 'live') return resync(subscriber, 'a snapshot ends that has not begun');
  const { position, next, count } = phase;
  if (frame.version !== position.version || frame.count !== count || next.count() !== count)
    return resync(subscriber, `a snapshot of ${count} ends after ${next.count()} entries`);
  const before = visibleServices(subscriber);
  const dropped = [...before].filter(([key]) => !next.has(key));
  const digest = formatDigest(next.digest());
  subscriber.hold = judgeSnapshot(
    { before: before.size, dropped: dropped.length, digest, nowMs },
    subscriber.hold,
  );
  subscriber.kept = subscriber.hold === undefined ? new Map() : withinQuota(dropped, subscriber.quotas);
  subscriber.stated = next;
  subscriber.seen = position;
  subscriber.complete = true;
  subscriber.phase = { kind: 'live' };
  const refused = subscriber.hold === undefined ? [] : [heldFault(subscriber, subscriber.hold)];
  return { send: [], refused, changed: true };
}

/** Snapshots that drop each other's services must not make more of them than a peer may have: the oldest are kept. */
function withinQuota(
  dropped: readonly (readonly [ServiceKey, ExportedService])[],
  { services, bytesPerPeer }: Quotas,
): ReadonlyMap<ServiceKey, ExportedService> {
  const kept = new Map<ServiceKey, ExportedService>();
  let bytes = 0;
  for (const [key, service] of dropped) {
    bytes += JSON.stringify(service).length;
    if (kept.size >= services || bytes > bytesPerPeer) break;
    kept.set(key, service);
  }
  return kept;
}

/** Finds what was lost without a trace: the peer sends it when it has told everything. */
function onDigest(subscriber: Subscriber, { position, digest }: CatalogFrame & { kind: 'digest' }): Reaction {
  const { phase, seen, stated } = subscriber;
  if (position.epoch < seen.epoch) return NOTHING;
  if (phase.kind !== 'live') return resync(subscriber, 'no complete snapshot has come');
  if (position.epoch === seen.epoch && position.version < seen.version) return NOTHING;
  if (position.epoch > seen.epoch || position.version > seen.version)
    return resync(subscriber, `holds ${seen.version}, not ${position.version}`);
  if (stated.isVerifiable() && formatDigest(stated.digest()) !== digest)
    return resync(subscriber, `the copies of version ${seen.version} differ`);
  // The peer has told everything: what is still missing is not just late.
  const over = subscriber.hold !== undefined && isHoldOver(subscriber.hold, subscriber.kept.size);
  return over ? { ...NOTHING, changed: confirmHold(subscriber) } : NOTHING;
}

function resync(subscriber: Subscriber, reason: string): Reaction {
  subscriber.phase = { kind: 'waiting' };
  return { ...NOTHING, send: [{ kind: 'resync', reason }] };
}

function refusal(subscriber: Subscriber, frame: StepFrame, error: Fault): Reaction {
  const subject = `${subscriber.cluster} ${error.subject}`;
  const detail = error.field === undefined ? error.message : `${error.field}: ${error.message}`;
  const nack: ExchangeFrame = {
    ...{ kind: 'nack', version: frame.version, reason: error.code },
    ...{ key: error.subject.slice(0, 256), detail: detail.slice(0, 256) },
  };
  return { send: [nack], refused: [{ ...error, subject }], changed: false };
}

function schemaFault(message: string): Fault {
  return fault('schema_violation', 'catalog', message);
}

function staleFault({ cluster, seen }: Subscriber, position: Position): Fault {
  const shown = ({ epoch, version }: Position): string => `${epoch}.${version}`;
  return fault(
    'stale_epoch',
    cluster,
    `offers its catalog ${shown(position)}, older than ${shown(seen)} seen before; if it was restored from a backup: isthmus forget ${cluster}`,
  );
}

export function heldFault({ cluster }: Pick<Subscriber, 'cluster'>, hold: Hold): Fault {
  return fault(
    'snapshot_held',
    cluster,
    `drops ${hold.dropped} of ${hold.of} services at once; they stay in use until isthmus confirm ${cluster}`,
  );
}
