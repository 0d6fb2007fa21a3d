/** F24: a copy is told anew only where something was lost on the way: what a whole stream tells is enough. */

import { CLUSTERS } from '../cast.ts';
import { pairOf, type Invariant } from './watcher.ts';

export const repair: Invariant = (_world, report) => {
  /** What a damaged stream told is kept when the next stream resumes, until a whole snapshot has come undamaged. */
  const spoiled = new Set<string>();
  return {
    taken(frame, lane) {
      const copy = pairOf(lane.to, lane.from);
      if (lane.isDamaged) spoiled.add(copy);
      else if (frame.kind === 'snapshotComplete') spoiled.delete(copy);
    },
    sent(frame, lane) {
      if (frame.kind !== 'resync' || lane.back.isDamaged || !CLUSTERS.includes(lane.to)) return;
      if (spoiled.has(pairOf(lane.from, lane.to))) return;
      report('F24', `${lane.from} asks ${lane.to} for a snapshot, though nothing was lost: ${frame.reason}`);
    },
  };
};
