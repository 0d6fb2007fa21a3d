/** The exchange's rules. Here: the log of this cluster's own catalog, from which every peer gets what it lacks. */
import type { ExportedService } from '../../model/catalog.ts';
import type { CatalogFrame, CatalogPosition } from '../../model/exchange.ts';
import type { ServiceKey } from '../../model/names.ts';

export interface CatalogLog extends CatalogPosition {
  readonly entries: ReadonlyMap<ServiceKey, VersionedService>;
  /** Version at which each deleted service went. */
  readonly tombstones: ReadonlyMap<ServiceKey, number>;
  /** Deltas can be made for positions at or above this; below it tombstones have been forgotten. */
  readonly deltasFrom: number;
}

export interface VersionedService {
  readonly version: number;
  readonly service: ExportedService;
}

const MAX_TOMBSTONES = 10_000;

export function emptyLog(epoch: number): CatalogLog {
  return { epoch, version: 0, entries: new Map(), tombstones: new Map(), deltasFrom: 0 };
}

/** The log after the catalog has become `services`; the same log when nothing changed. */
export function recordCatalog(
  log: CatalogLog,
  services: ReadonlyMap<ServiceKey, ExportedService>,
): CatalogLog {
  let { version, deltasFrom } = log;
  const entries = new Map(log.entries);
  let tombstones = new Map(log.tombstones);
  for (const [key, service] of services) {
    const held = entries.get(key);
    if (held !== undefined && sameService(held.service, service)) continue;
    entries.set(key, { version: ++version, service });
    tombstones.delete(key);
  }
  for (const key of log.entries.keys()) {
    if (services.has(key)) continue;
    entries.delete(key);
    tombstones.set(key, ++version);
  }
  if (version === log.version) return log;
  if (tombstones.size > MAX_TOMBSTONES) {
    tombstones = new Map();
    deltasFrom = version;
  }
  return { epoch: log.epoch, version, entries, tombstones, deltasFrom };
}

/** What a peer at `position` lacks: deltas in order of version, or a whole snapshot when its position is of no use. */
export function framesSince(log: CatalogLog, position: CatalogPosition | undefined): CatalogFrame[] {
  const usable =
    position?.epoch === log.epoch && position.version >= log.deltasFrom && position.version <= log.version;
  if (position === undefined || !usable) return snapshotOf(log);
  const changed: CatalogFrame[] = [];
  for (const { version, service } of log.entries.values())
    if (version > position.version) changed.push({ kind: 'upsert', version, service });
  for (const [key, version] of log.tombstones)
    if (version > position.version) changed.push({ kind: 'tombstone', version, key });
  return changed.sort((a, b) => versionOf(a) - versionOf(b));
}

function snapshotOf(log: CatalogLog): CatalogFrame[] {
  const upserts = [...log.entries.values()].map(({ version, service }): CatalogFrame => ({
    kind: 'upsert',
    version,
    service,
  }));
  const complete: CatalogFrame = { kind: 'snapshot-complete', version: log.version, count: upserts.length };
  return [{ kind: 'snapshot-begin', epoch: log.epoch }, ...upserts, complete];
}

function versionOf(frame: CatalogFrame): number {
  return 'version' in frame ? frame.version : 0;
}

/** Catalog entries are plain data made in one place, so equal content has equal JSON. */
function sameService(a: ExportedService, b: ExportedService): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** 32 bits over keys and versions: two copies with the same digest and version are the same but for chance. */
export function digestOf(entries: ReadonlyMap<ServiceKey, VersionedService>): string {
  let hash = 0;
  for (const [key, { version }] of entries) hash = (hash + fnv(`${key}@${version}`)) >>> 0;
  return hash.toString(16);
}

/** FNV-1a. */
function fnv(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
