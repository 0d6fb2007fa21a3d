/** Where the controller of this cluster is: read from its run file, again when that may have changed. */
import type { Clock } from '../mesh/ports/clock.ts';
import type { ControllerTargets } from './targets.ts';

const FRESH_MS = 500;

/**
 * Asks `read` at most twice a second, however often it is asked itself: a controller that restarts may take other
 * ports, and a flood of connections must not become a flood of file reads. The last known answer stays in force.
 */
export function controllerTargets(
  read: () => ControllerTargets | undefined,
  clock: Clock,
): () => ControllerTargets | undefined {
  let known: ControllerTargets | undefined;
  let readAt = -Infinity;
  return () => {
    if (clock.monotonic() - readAt >= FRESH_MS) {
      readAt = clock.monotonic();
      known = read() ?? known;
    }
    return known;
  };
}
