/**
 * I2: no import is deleted without a tombstone, a complete snapshot or forget; and a snapshot that drops most of a
 * peer's services is held. What a controller holds is compared before and after each frame that it takes, and each
 * frame is read here too, by the words of the protocol.
 */
import type { ExportedService } from '../../../mesh/model/catalog.ts';
import type { ExchangeFrame } from '../../../mesh/model/exchange-frame.ts';
import type { ClusterName, ServiceKey } from '../../../mesh/model/names.ts';
import type { Lane } from '../../../federation/exchange/testing/virtual-network.ts';
import type { SimCluster } from '../cluster/sim-cluster.ts';
import type { World } from '../world.ts';
import { readSnapshot, type SnapshotReader } from './read-snapshot.ts';
import { pairOf, type Invariant, type Report } from './watcher.ts';

type Held = ReadonlyMap<ServiceKey, ExportedService>;

/** What one cluster holds of one peer, and what may have taken something away since the last look. */
interface Evidence {
  held: Held;
  /** Of the last change of its keys, on the world's clock. */
  changedAt: number;
  readonly tombstones: Set<string>;
  readonly mayGo: Set<string>;
  complete: ReadonlySet<string> | undefined;
  shrunk: Shrunk | undefined;
}

/** A snapshot that dropped most: what it dropped stays. */
interface Shrunk {
  readonly keys: string;
  readonly sinceMs: number;
  readonly of: number;
  readonly kept: Set<string>;
}

const NOTHING: Held = new Map();
const GUARDED = 4;
/** The same snapshot again, this much later, is meant. */
const REPEATED_MS = 30_000;
/** Imports that have been held for longer are on the disk. */
const SAVED_MS = 1500;

export const deletion: Invariant = (world, report) => {
  const pairs = new Map<string, Evidence>();
  const readers = new WeakMap<Lane, SnapshotReader>();
  const disks = new Map<ClusterName, SimCluster['disk']>();
  const evidenceOf = (at: ClusterName, peer: ClusterName): Evidence => {
    const known = pairs.get(pairOf(at, peer)) ?? fresh(NOTHING, world.clock.monotonic());
    pairs.set(pairOf(at, peer), known);
    return known;
  };
  const look = (at: SimCluster, peer: ClusterName): void =>
    compare({ world, report, at, peer }, evidenceOf(at.name, peer));
  return {
    taken(frame, lane) {
      const at = world.clusters.find(({ name }) => name === lane.to);
      if (at === undefined) return;
      look(at, lane.from);
      const reader = readers.get(lane) ?? readSnapshot();
      readers.set(lane, reader);
      gather(evidenceOf(at.name, lane.from), frame, reader);
    },
    born(at) {
      const { name, process, disk } = at;
      // Who joins anew begins with an empty disk; who is evicted is not looked at any more.
      const isSameDisk = disks.get(name) === disk && at.standing === 'member';
      disks.set(name, disk);
      const loaded = process?.core.exchange.peers() ?? new Map<ClusterName, never>();
      for (const [pair, evidence] of pairs) {
        const [owner, peer = ''] = pair.split(' ');
        if (owner !== name) continue;
        const was = isSameDisk && at.diedAt - evidence.changedAt > SAVED_MS ? evidence.held : NOTHING;
        const held = loaded.get(peer as ClusterName)?.services ?? NOTHING;
        const lost = [...was.keys()].find(
          (key) => !held.has(key) && wrongRemoval(evidence, key, world.clock.monotonic()) !== undefined,
        );
        if (lost !== undefined && !isWithdrawn(world, at, peer as ClusterName))
          report('I2', `${name} lost ${lost} of ${peer} as it started again`);
        pairs.delete(pair);
      }
      for (const [peer, { services }] of loaded) pairs.set(pairOf(name, peer), fresh(services, 0));
    },
    forgot: (at, peer) => allMayGo(evidenceOf(at, peer)),
    confirmed(at, peer) {
      const { shrunk, mayGo } = evidenceOf(at, peer);
      for (const key of shrunk?.kept ?? []) mayGo.add(key);
    },
    step() {
      for (const pair of pairs.keys()) {
        const [at = '', peer = ''] = pair.split(' ');
        look(world.cluster(at), peer as ClusterName);
      }
    },
  };
};

function fresh(held: Held, changedAt: number): Evidence {
  const [tombstones, mayGo] = [new Set<string>(), new Set<string>()];
  return { held, changedAt, tombstones, mayGo, complete: undefined, shrunk: undefined };
}

function allMayGo({ held, mayGo }: Evidence): void {
  for (const key of held.keys()) mayGo.add(key);
}

function gather(evidence: Evidence, frame: ExchangeFrame, reader: SnapshotReader): void {
  if (frame.kind === 'goodbye' && frame.left) allMayGo(evidence);
  if (frame.kind === 'tombstone') evidence.tombstones.add(`${frame.namespace}/${frame.name}`);
  if (frame.kind === 'upsert')
    evidence.shrunk?.kept.delete(`${frame.service.namespace}/${frame.service.name}`);
  evidence.complete = reader.read(frame) ?? evidence.complete;
}

interface Looking {
  readonly world: World;
  readonly report: Report;
  readonly at: SimCluster;
  readonly peer: ClusterName;
}

function compare({ world, report, at, peer }: Looking, evidence: Evidence): void {
  if (at.core === undefined || at.standing !== 'member') return;
  const nowMs = world.clock.monotonic();
  const held = at.core.exchange.peers().get(peer)?.services ?? NOTHING;
  if (held !== evidence.held && !isWithdrawn(world, at, peer)) {
    for (const key of evidence.held.keys()) {
      const wrong = held.has(key) ? undefined : wrongRemoval(evidence, key, nowMs);
      if (wrong !== undefined) report('I2', `${at.name} lost ${key} of ${peer} ${wrong}`);
    }
  }
  settle(evidence, held, nowMs);
}

/** An evicted peer loses everything. */
function isWithdrawn(world: World, at: SimCluster, peer: ClusterName): boolean {
  const memberships = world.members.all(peer);
  return at.authority.bundle().evicted.some(({ fingerprint }) => memberships.includes(fingerprint));
}

function wrongRemoval(evidence: Evidence, key: ServiceKey, nowMs: number): string | undefined {
  const { tombstones, mayGo, complete, shrunk } = evidence;
  if (tombstones.has(key) || mayGo.has(key)) return undefined;
  if (shrunk?.kept.has(key) === true && shrunk.kept.size * 2 <= shrunk.of) return undefined;
  if (complete === undefined || complete.has(key)) return 'without a tombstone or a complete snapshot';
  return isHeldBack(evidence, complete, nowMs) ? 'by a snapshot that drops most, at once' : undefined;
}

function isHeldBack({ held, shrunk }: Evidence, complete: ReadonlySet<string>, nowMs: number): boolean {
  const dropped = [...held.keys()].filter((key) => !complete.has(key)).length;
  if (held.size < GUARDED || dropped * 2 <= held.size) return false;
  return shrunk?.keys !== textOf(complete) || nowMs - shrunk.sinceMs < REPEATED_MS;
}

function settle(evidence: Evidence, held: Held, nowMs: number): void {
  const { complete, shrunk, tombstones } = evidence;
  if (complete !== undefined) {
    const isHeld = isHeldBack(evidence, complete, nowMs);
    const keys = textOf(complete);
    const sinceMs = shrunk?.keys === keys ? shrunk.sinceMs : nowMs;
    const kept = new Set([...evidence.held.keys()].filter((key) => !complete.has(key)));
    evidence.shrunk = isHeld ? { keys, sinceMs, of: evidence.held.size, kept } : undefined;
  }
  for (const key of tombstones) evidence.shrunk?.kept.delete(key);
  if (held !== evidence.held && textOf(held.keys()) !== textOf(evidence.held.keys()))
    evidence.changedAt = nowMs;
  evidence.held = held;
  evidence.complete = undefined;
  tombstones.clear();
  for (const key of evidence.mayGo) if (!held.has(key as ServiceKey)) evidence.mayGo.delete(key);
}

function textOf(keys: Iterable<string>): string {
  return [...keys].sort().join();
}
