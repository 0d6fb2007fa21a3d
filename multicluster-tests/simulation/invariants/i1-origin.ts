/** I1: no import whose origin is not the stream's identity. */
import { checkPeerHost } from '../../../mesh/decide/peer-address.ts';
import type { PeerCatalog } from '../../../mesh/model/catalog.ts';
import type { ClusterName } from '../../../mesh/model/names.ts';
import { isSystemNamespace, parseServiceKey, splitServiceKey } from '../../../mesh/model/names.ts';
import type { Lane } from '../../../federation/exchange/testing/virtual-network.ts';
import { EVIL, routeIdOf } from '../cast.ts';
import { ZOMBIE_SERVICE } from '../hostile.ts';
import type { World } from '../world.ts';
import { changes, pairOf, type Invariant } from './watcher.ts';

/** What only a peer that has been taken for one is told. */
export const CATALOG_FRAMES: ReadonlySet<string> = new Set([
  'snapshotBegin',
  'upsert',
  'tombstone',
  'digest',
]);

export const origin: Invariant = (world, report) => {
  const isNew = changes();
  const forged = new WeakSet<Lane>();
  return {
    taken(frame, lane) {
      if (frame.kind === 'hello' && frame.info.cluster !== lane.from) forged.add(lane);
    },
    sent({ kind }, lane) {
      if (CATALOG_FRAMES.has(kind) && forged.has(lane.back))
        report('I1', `${lane.from} serves a stream on which ${lane.to} spoke for another cluster`);
    },
    step() {
      for (const { name: at, core } of world.clusters) {
        for (const [peer, catalog] of core?.exchange.peers() ?? []) {
          const { info, services } = catalog;
          if (!isNew(pairOf(at, peer), info, services)) continue;
          const wrong = wrongInfo(world, peer, catalog) ?? wrongServices(world, peer, catalog);
          if (wrong !== undefined) report('I1', `${at} holds as of ${peer} ${wrong}`);
        }
      }
    },
  };
};

function wrongInfo(world: World, peer: ClusterName, { info }: PeerCatalog): string | undefined {
  if (info.cluster !== peer) return `the cluster ${info.cluster}`;
  const ever = peer === EVIL ? undefined : world.truth.of(peer).everGateways;
  for (const { host, port } of info.gateways) {
    if (!checkPeerHost(host, { allowLoopback: false }).ok) return `the gateway ${host}`;
    if (ever !== undefined && !ever.has(`${host}:${port}`))
      return `the gateway ${host}:${port}, which it never had`;
  }
  return undefined;
}

function wrongServices(world: World, peer: ClusterName, { services }: PeerCatalog): string | undefined {
  for (const [key, { ports }] of services) {
    if (!parseServiceKey(key).ok || isSystemNamespace(splitServiceKey(key).namespace))
      return `the service ${key}`;
    // What an old controller says has the right origin; whether it may be heard is for I6 to say.
    if (peer === EVIL || key === ZOMBIE_SERVICE) continue;
    if (!world.truth.of(peer).everOffered.has(key)) return `${key}, which it never offered`;
    const foreign = ports.find(({ port, routeId }) => routeId !== routeIdOf(peer, key, port));
    if (foreign !== undefined) return `${key} with a route id that is not its own`;
  }
  return undefined;
}
