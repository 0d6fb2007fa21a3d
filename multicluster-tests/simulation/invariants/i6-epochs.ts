/**
 * I6: at most one writer per epoch. A standalone cluster has one controller and no lease yet; what there is, is checked:
 * no two runs of a controller use one epoch, and who comes with an older epoch than was seen is not listened to.
 */
import type { Lane } from '../../../federation/exchange/testing/virtual-network.ts';
import { ZOMBIE_SERVICE } from '../hostile.ts';
import { CATALOG_FRAMES } from './i1-origin.ts';
import { createAppliedLog } from './i4-versions.ts';
import { pairOf, type Invariant } from './watcher.ts';

export const epochs: Invariant = (world, report) => {
  const seen = createAppliedLog();
  const stale = new WeakSet<Lane>();
  const writers = new Map<string, number>();
  return {
    taken(frame, lane) {
      if (frame.kind !== 'hello') return;
      const known = seen.last(lane.to, lane.sender.membership);
      if (known !== undefined && frame.position.epoch < known.epoch) stale.add(lane);
    },
    sent(frame, lane) {
      if (frame.kind === 'ack') seen.note(lane.from, lane.back.sender.membership, frame.position);
      if (CATALOG_FRAMES.has(frame.kind) && stale.has(lane.back))
        report('I6', `${lane.from} listens to a controller of ${lane.to} of an older epoch than it has seen`);
    },
    born({ name, disk, boots }) {
      const epoch = pairOf(`${name}-${world.members.current(name)}`, disk.read('epoch') ?? '');
      const other = writers.get(epoch);
      if (other !== undefined && other !== boots) report('I6', `two runs of ${name} write under one epoch`);
      writers.set(epoch, boots);
      seen.clear(name);
    },
    forgot(at, peer) {
      for (const membership of world.members.all(peer)) seen.clear(at, membership);
    },
    step() {
      for (const { name: at, core } of world.clusters) {
        for (const [peer, { services }] of core?.exchange.peers() ?? []) {
          const isThere = services.has(ZOMBIE_SERVICE);
          const last = seen.last(at, world.members.current(peer));
          if (isThere && last !== undefined && last.epoch === epochOf(world.clusters, peer))
            report('I6', `${at} holds of ${peer} what an old controller said, after the new one`);
        }
      }
    },
  };
};

function epochOf(
  clusters: readonly { name: string; disk: { read(name: string): string | undefined } }[],
  peer: string,
): number {
  return Number(clusters.find(({ name }) => name === peer)?.disk.read('epoch') ?? NaN);
}
