/**
 * What is held of one peer's catalog, and how its frames change it. Unreachable is not deleted: an entry goes only by
 * a tombstone, by its absence from a complete snapshot, or by the operator's word.
 */
import { assertNever } from '../../kit/assert-never.ts';
import { fault, type Fault } from '../../model/fault.ts';
import type { CatalogFrame, CatalogPosition } from '../../model/exchange.ts';
import type { ServiceKey } from '../../model/names.ts';
import type { VersionedService } from './publisher.ts';

type Entries = ReadonlyMap<ServiceKey, VersionedService>;

export interface PeerCopy extends CatalogPosition {
  readonly entries: Entries;
  /** A snapshot under way. Nothing of it is in force before it is complete. */
  readonly staging?: { readonly epoch: number; readonly entries: Entries };
  /** A complete snapshot that drops so much that it waits for a second one that says the same. */
  readonly held?: Snapshot;
}

interface Snapshot extends CatalogPosition {
  readonly entries: Entries;
}

export interface Applied {
  readonly copy: PeerCopy;
  /** The entries in force changed. */
  readonly changed: boolean;
  readonly fault?: Fault;
}

export const EMPTY_COPY: PeerCopy = { epoch: 0, version: 0, entries: new Map() };

/** A snapshot that drops more than half of at least this many services is held. */
const HOLD_FROM = 4;
export const MAX_SERVICES = 5000;

/** `peer` names the cluster in faults. */
export function applyFrame(copy: PeerCopy, frame: CatalogFrame, peer: string): Applied {
  switch (frame.kind) {
    case 'snapshot-begin':
      if (frame.epoch < copy.epoch)
        return refuse(copy, fault('stale_epoch', peer, `sent epoch ${frame.epoch} after ${copy.epoch}`));
      return { copy: { ...copy, staging: { epoch: frame.epoch, entries: new Map() } }, changed: false };
    case 'upsert':
      return applyUpsert(copy, frame, peer);
    case 'tombstone':
      return applyTombstone(copy, frame);
    case 'snapshot-complete':
      return completeSnapshot(copy, frame, peer);
    default:
      return assertNever(frame);
  }
}

/** The operator says that the held snapshot is right. */
export function confirmHeld(copy: PeerCopy): Applied {
  return copy.held === undefined ? { copy, changed: false } : { copy: { ...copy.held }, changed: true };
}

function refuse(copy: PeerCopy, reason: Fault): Applied {
  return { copy: without(copy, 'staging'), changed: false, fault: reason };
}

function without(copy: PeerCopy, field: 'staging'): PeerCopy {
  const { [field]: _dropped, ...rest } = copy;
  return rest;
}

function applyUpsert(
  copy: PeerCopy,
  { version, service }: CatalogFrame & { kind: 'upsert' },
  peer: string,
): Applied {
  const target = copy.staging?.entries ?? copy.entries;
  if (target.size >= MAX_SERVICES && !target.has(service.key)) {
    return refuse(
      copy,
      fault(
        'quota_exceeded',
        `${peer}: ${service.key}`,
        `is over the quota of ${MAX_SERVICES} services of a peer`,
      ),
    );
  }
  const entries = new Map(target).set(service.key, { version, service });
  if (copy.staging !== undefined)
    return { copy: { ...copy, staging: { ...copy.staging, entries } }, changed: false };
  // A delta at or below the version held has been seen: versions never go back.
  if (version <= copy.version) return { copy, changed: false };
  return { copy: { ...copy, version, entries }, changed: true };
}

function applyTombstone(copy: PeerCopy, { version, key }: CatalogFrame & { kind: 'tombstone' }): Applied {
  if (copy.staging !== undefined || version <= copy.version) return { copy, changed: false };
  const entries = new Map(copy.entries);
  const changed = entries.delete(key);
  return { copy: { ...copy, version, entries }, changed };
}

function completeSnapshot(
  copy: PeerCopy,
  { version, count }: CatalogFrame & { kind: 'snapshot-complete' },
  peer: string,
): Applied {
  const { staging } = copy;
  if (staging?.entries.size !== count) {
    return refuse(
      copy,
      fault(
        'schema_violation',
        peer,
        `completed a snapshot of ${count} services after ${staging?.entries.size ?? 0}`,
      ),
    );
  }
  const snapshot: Snapshot = { epoch: staging.epoch, version, entries: staging.entries };
  if (!dropsTooMuch(copy.entries, snapshot.entries) || saysTheSame(copy.held, snapshot))
    return { copy: snapshot, changed: true };
  const lost = [...copy.entries.keys()].filter((key) => !snapshot.entries.has(key)).length;
  return {
    copy: { ...without(copy, 'staging'), held: snapshot },
    changed: false,
    fault: fault(
      'snapshot_held',
      peer,
      `its snapshot drops ${lost} of ${copy.entries.size} services: held until a second one says the same`,
    ),
  };
}

function dropsTooMuch(held: Entries, next: Entries): boolean {
  const kept = [...held.keys()].filter((key) => next.has(key)).length;
  return held.size >= HOLD_FROM && kept * 2 < held.size;
}

function saysTheSame(held: Snapshot | undefined, next: Snapshot): boolean {
  return (
    held?.entries.size === next.entries.size && [...next.entries.keys()].every((key) => held.entries.has(key))
  );
}
