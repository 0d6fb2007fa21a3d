/**
 * I8: queue bytes stay within their cap. What a stream has taken and its reader has not stays within the window, however
 * slow the reader is; an entry is bounded by the quotas, so frames bound bytes.
 */
import { WINDOW } from '../../../federation/exchange/testing/virtual-network.ts';
import { CLUSTERS } from '../cast.ts';
import type { Invariant } from './watcher.ts';

/** A heartbeat, an ack and a digest may follow the frame that fills the window; a doubled frame counts twice. */
const CAP = WINDOW + 4;

export const queues: Invariant = (_world, report) => ({
  sent(_frame, { from, to, waiting }) {
    if (waiting > CAP && CLUSTERS.includes(from))
      report('I8', `${waiting} frames of ${from} wait for ${to}, over ${CAP}`);
  },
});
