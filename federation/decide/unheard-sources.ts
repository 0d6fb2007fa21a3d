/**
 * Clusters that have not been heard for so long that their pods are no endpoints here, unless nobody else serves (KEP-1645,
 * S52): plain pods behind a clusterset IP cannot fail over by themselves. On the steady clock of this controller.
 */
import type { ClusterName } from '../../mesh/model/names.ts';
import type { PeerCatalogs } from './mesh-view.ts';

export interface Silence {
  /** When each silent peer was first seen so, in steady milliseconds. */
  readonly since: ReadonlyMap<ClusterName, number>;
  /** Those that are silent for longer than the bound. */
  readonly unheard: ReadonlySet<ClusterName>;
  /** Milliseconds until the next one is; absent: none will be without further news. */
  readonly nextMs?: number;
}

export const NO_SILENCE: Silence = { since: new Map(), unheard: new Set() };

/** What is silent now, from what was before. */
export function decideSilence(
  before: Silence,
  peers: PeerCatalogs,
  { nowMs, boundMs }: { readonly nowMs: number; readonly boundMs: number },
): Silence {
  const silent = [...peers.values()].filter(
    ({ link }) => link.state === 'stale' || link.state === 'connecting',
  );
  const since = new Map(
    silent.map(({ info: { cluster } }) => [cluster, before.since.get(cluster) ?? nowMs] as const),
  );
  const left = [...since].map(([cluster, at]) => ({ cluster, ms: at + boundMs - nowMs }));
  const waiting = left.filter(({ ms }) => ms > 0).map(({ ms }) => ms);
  return {
    since,
    unheard: new Set(left.filter(({ ms }) => ms <= 0).map(({ cluster }) => cluster)),
    ...(waiting.length === 0 ? {} : { nextMs: Math.min(...waiting) }),
  };
}
