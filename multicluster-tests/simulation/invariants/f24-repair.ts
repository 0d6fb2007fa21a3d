/** F24: a copy is told anew only where something was lost on the way: what a whole stream tells is enough. */

import { CLUSTERS } from '../cast.ts';
import type { Invariant } from './watcher.ts';

export const repair: Invariant = (_world, report) => {
  return {
    sent(frame, lane) {
      if (frame.kind !== 'resync' || lane.back.isDamaged || !CLUSTERS.includes(lane.to)) return;
      report('F24', `${lane.from} asks ${lane.to} for a snapshot, though nothing was lost: ${frame.reason}`);
    },
  };
};
