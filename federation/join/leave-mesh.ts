/** Leaving the mesh, and withdrawing a member from it. */
import type { ExchangeManager, LeaveOutcome } from '../exchange/exchange.ts';
import type { Authority } from '../../mesh/adapters/trust/authority.ts';
import { err, ok, type Result } from '../../mesh/kit/result.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import type { ClusterName } from '../../mesh/model/names.ts';
import { KEY_NAMES, type KeyStore } from '../../mesh/ports/key-store.ts';
import type { MulticlusterApi } from '../../mesh/ports/multicluster-api.ts';
import type { Log } from '../../mesh/ports/log.ts';
import type { StateStore } from '../../mesh/ports/state-store.ts';

export interface LeaveOptions {
  readonly authority: Pick<Authority, 'cluster' | 'isFounder'>;
  readonly exchange: ExchangeManager;
  readonly keys: KeyStore;
  readonly state: StateStore;
  readonly multicluster?: Pick<MulticlusterApi, 'withdraw'>;
  readonly log: Log;
}

/**
 * Says farewell to all (the founder then evicts this cluster), and removes keys, certificates, bundle, what was
 * remembered, and what was shown of the mesh in the API server. The founder cannot leave while the mesh has other members:
 * the root is here.
 */
export async function leaveMesh(options: LeaveOptions): Promise<Result<LeaveOutcome, Fault>> {
  const { authority, exchange, keys, state, multicluster, log } = options;
  const others = exchange.members().map(({ cluster }) => cluster);
  if (authority.isFounder && others.length > 0) {
    const names = others.join(', ');
    return err(
      fault('config_invalid', authority.cluster, `holds the root of the mesh; first evict ${names}`),
    );
  }
  const outcome = await exchange.leave();
  for (const name of KEY_NAMES) keys.remove(name);
  for (const name of state.list()) state.remove(name);
  await multicluster?.withdraw();
  log.info('left the mesh', { told: outcome.told, notTold: outcome.notTold });
  return ok(outcome);
}

export interface EvictOptions {
  readonly authority: Pick<Authority, 'bundle' | 'evict'>;
  readonly exchange: ExchangeManager;
  readonly cluster: ClusterName;
  readonly log: Log;
}

/** Founder only: withdraws the member's intermediate. The new bundle spreads over the exchange at once. */
export function evictMember({ authority, exchange, cluster, log }: EvictOptions): Result<void, Fault> {
  const evicted = authority.evict(cluster);
  if (!evicted.ok) return evicted;
  // Its link is gone by now if it was ever up; a member that never came is forgotten by name.
  exchange.forget(cluster);
  log.info('member evicted', { cluster, bundle: authority.bundle().version });
  return ok(undefined);
}
