/** Keeps what decide/unheard-sources.ts decides from pass to pass, and asks for a pass when a silence becomes too long. */
import type { ClusterName } from '../mesh/model/names.ts';
import type { Clock } from '../mesh/ports/clock.ts';
import type { PeerCatalogs } from './decide/mesh-view.ts';
import { decideSilence, NO_SILENCE } from './decide/unheard-sources.ts';

export interface SilenceWatch {
  /** Those that are silent for too long now. */
  unheard(peers: PeerCatalogs): ReadonlySet<ClusterName>;
  /** Idempotent. */
  stop(): void;
}

export function openSilenceWatch(
  clock: Clock,
  { boundMs, changed }: { readonly boundMs: number; readonly changed: () => void },
): SilenceWatch {
  let silence = NO_SILENCE;
  let cancel: (() => void) | undefined;
  let isStopped = false;
  return {
    unheard(peers) {
      cancel?.();
      silence = decideSilence(silence, peers, { nowMs: clock.monotonic(), boundMs });
      cancel = silence.nextMs === undefined || isStopped ? undefined : clock.after(silence.nextMs, changed);
      return silence.unheard;
    },
    stop() {
      isStopped = true;
      cancel?.();
    },
  };
}
