/** The view that a proxy holds: updates are gathered until they are complete, then the whole view is replaced. */
import type * as wire from '../grpc/generated/isthmus/discovery/v1/discovery.ts';
import { ok, type Result } from '../../kit/result.ts';
import type { SignedBundle, TrustBundle } from '../../model/bundle.ts';
import type { Fault } from '../../model/fault.ts';
import type { MeshView, PeerView, Self, ServiceView } from '../../model/mesh-view.ts';
import { isDnsLabel, type ClusterName, type ServiceKey } from '../../model/names.ts';
import { readPeer, readService } from './view-wire.ts';
import { firstWrong, isPlace, violation } from './wire-field.ts';

export interface Gathered {
  readonly services: ReadonlyMap<ServiceKey, ServiceView>;
  readonly peers: ReadonlyMap<ClusterName, PeerView>;
  readonly self: Self | undefined;
  readonly bundle: TrustBundle | undefined;
}

export const NOTHING_GATHERED: Gathered = {
  services: new Map(),
  peers: new Map(),
  self: undefined,
  bundle: undefined,
};

export interface Taken {
  readonly gathered: Gathered;
  /** Set when the update was the last of its version, and everything a view needs is there. */
  readonly view: MeshView | undefined;
  /** A new bundle, to pass on as it came. */
  readonly signed: SignedBundle | undefined;
  /** Entries that were left out; what was held of them stays (F4). */
  readonly faults: readonly Fault[];
}

export type OpenBundle = (signed: SignedBundle) => Result<TrustBundle, Fault>;

/** `openBundle` verifies; a bundle that it refuses leaves the last one in force. */
export function takeUpdate(held: Gathered, update: wire.Update, openBundle: OpenBundle): Taken {
  const before = update.reset ? { ...NOTHING_GATHERED, bundle: held.bundle } : held;
  const faults: Fault[] = [];
  const accept = <T>(result: Result<T, Fault>): T | undefined => {
    if (result.ok) return result.value;
    faults.push(result.error);
    return undefined;
  };
  const self = update.self === undefined ? before.self : (accept(readSelf(update.self)) ?? before.self);
  const bundle =
    update.bundle === undefined ? before.bundle : (accept(openBundle(update.bundle)) ?? before.bundle);
  const services = new Map(before.services);
  for (const key of update.removedServices) services.delete(key as ServiceKey);
  for (const entry of update.services) {
    const service = accept(readService(entry)) ?? held.services.get(entry.key as ServiceKey);
    if (service !== undefined) services.set(service.key, service);
  }
  const peers = new Map(before.peers);
  for (const cluster of update.removedPeers) peers.delete(cluster as ClusterName);
  for (const entry of update.peers) {
    const peer = accept(readPeer(entry)) ?? held.peers.get(entry.cluster as ClusterName);
    if (peer !== undefined) peers.set(peer.info.cluster, peer);
  }
  const gathered = { services, peers, self, bundle };
  const signed = bundle === before.bundle ? undefined : update.bundle;
  return { gathered, faults, signed, view: update.more ? undefined : completeView(gathered, update.version) };
}

function completeView({ self, bundle, services, peers }: Gathered, version: number): MeshView | undefined {
  if (self === undefined || bundle === undefined) return undefined;
  return { version, self, bundle, services, peers };
}

function readSelf(self: wire.Self): Result<Self, Fault> {
  const wrong = firstWrong([
    ['mesh', isDnsLabel(self.mesh)],
    ['cluster', isDnsLabel(self.cluster)],
    ['region', isPlace(self.region)],
    ['zone', isPlace(self.zone)],
  ]);
  return wrong === undefined ? ok(self as Self) : violation('self', wrong);
}
