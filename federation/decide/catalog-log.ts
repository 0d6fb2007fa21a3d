/**
 * The history of this cluster's own catalog, compressed to the latest step of each service. It is the one queue for all
 * peers: a peer is a cursor in it (publisher.ts), so a slow one costs nothing and meets only the latest state.
 */
import type { ExportedService } from '../../mesh/model/catalog.ts';
import type { Position, StatedService } from '../../mesh/model/exchange-frame.ts';
import { splitServiceKey, type ServiceKey } from '../../mesh/model/names.ts';
import { importParts } from './import-parts.ts';
import { canonicalText, digestText, EMPTY_DIGEST, toggle, type Digest } from './catalog-digest.ts';

export interface LiveStep {
  readonly kind: 'live';
  readonly version: number;
  readonly key: ServiceKey;
  readonly source: ExportedService;
  readonly stated: StatedService;
  readonly digest: Digest;
}
interface GoneStep {
  readonly kind: 'gone';
  readonly version: number;
  readonly key: ServiceKey;
}
export type Step = LiveStep | GoneStep;

export interface CatalogLog {
  readonly position: Position;
  /** A peer that holds less than this version may have missed a tombstone that is no longer kept. */
  readonly floor: number;
  /** One step for each service, by version. */
  readonly steps: readonly Step[];
  readonly live: ReadonlyMap<ServiceKey, LiveStep>;
  readonly digest: Digest;
}

export const MAX_TOMBSTONES = 10_000;

export function emptyLog(epoch: number): CatalogLog {
  return { position: { epoch, version: 0 }, floor: 0, steps: [], live: new Map(), digest: EMPTY_DIGEST };
}

/** The log after the catalog became `services`; the same log when nothing changed. Each change takes one version. */
export function record(log: CatalogLog, services: ReadonlyMap<ServiceKey, ExportedService>): CatalogLog {
  let version = log.position.version;
  let digest = log.digest;
  const live = new Map(log.live);
  const fresh = new Map<ServiceKey, Step>();
  for (const [key, source] of services) {
    const held = log.live.get(key);
    const step = held?.source === source ? held : liveStep(source, version + 1);
    if (held !== undefined && sameDigest(held.digest, step.digest)) continue;
    version++;
    if (held !== undefined) digest = toggle(digest, held.digest);
    digest = toggle(digest, step.digest);
    live.set(key, step);
    fresh.set(key, step);
  }
  for (const [key, held] of log.live) {
    if (services.has(key)) continue;
    digest = toggle(digest, held.digest);
    live.delete(key);
    fresh.set(key, { kind: 'gone', version: ++version, key });
  }
  if (fresh.size === 0) return log;
  const steps = [...log.steps.filter((step) => !fresh.has(step.key)), ...fresh.values()];
  return { position: { epoch: log.position.epoch, version }, live, digest, ...bounded(steps, log.floor) };
}

function bounded(steps: readonly Step[], floor: number): Pick<CatalogLog, 'steps' | 'floor'> {
  const gone = steps.filter((step) => step.kind === 'gone');
  const newestDropped = gone[gone.length - MAX_TOMBSTONES - 1]?.version;
  if (newestDropped === undefined) return { steps, floor };
  return {
    steps: steps.filter((step) => step.kind === 'live' || step.version > newestDropped),
    floor: newestDropped,
  };
}

function sameDigest(a: Digest, b: Digest): boolean {
  return a.high === b.high && a.low === b.low;
}

function liveStep(source: ExportedService, version: number): LiveStep {
  const stated = toStated(source);
  return {
    kind: 'live',
    version,
    key: source.key,
    source,
    stated,
    digest: digestText(canonicalText(stated)),
  };
}

/** Numbers as the wire carries them, so that both sides get the same digest. */
function toStated(service: ExportedService): StatedService {
  return {
    ...splitServiceKey(service.key),
    exportedAt: Math.max(0, Math.trunc(service.exportedAt)),
    ports: service.ports,
    zones: service.zones,
    serviceAccounts: service.serviceAccounts,
    ...(service.plain === true ? { plain: true } : {}),
    ...(service.sidecar === undefined ? {} : { sidecar: service.sidecar }),
    ...importParts(service),
  };
}
