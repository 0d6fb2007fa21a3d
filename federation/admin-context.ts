/** What the admin API works on, and how it answers. */
import type { ControllerOptions } from './controller-options.ts';
import type { ControllerTrust } from './controller-trust.ts';
import type { Decided } from './decide/reconcile.ts';
import type { DiscoveryServer } from './discovery/discovery-server.ts';
import type { Publication } from './discovery/published-view.ts';
import type { EventLog } from './event-log.ts';
import type { ExchangeManager } from './exchange/exchange.ts';
import type { AdminReply } from '../mesh/adapters/admin/admin-routes.ts';
import type { Result } from '../mesh/kit/result.ts';
import type { Fault } from '../mesh/model/fault.ts';
import type { KeyStore } from '../mesh/ports/key-store.ts';
import type { MulticlusterApi } from '../mesh/ports/multicluster-api.ts';
import type { ResourceStore } from '../mesh/ports/resource-store.ts';
import type { StateStore } from '../mesh/ports/state-store.ts';

export interface AdminContext extends ControllerOptions, Omit<ControllerTrust, 'stop'> {
  readonly keys: KeyStore;
  readonly state: StateStore;
  readonly store: ResourceStore;
  readonly multicluster?: MulticlusterApi;
  readonly exchange: ExchangeManager;
  readonly events: EventLog;
  readonly discovery: DiscoveryServer;
  readonly publication: Publication;
  readonly decided: () => Decided;
  /** Called after the cluster has left its mesh. */
  readonly hasLeft: () => void;
}

const STATUSES: Partial<Record<Fault['code'], number>> = {
  not_found: 404,
  invalid_name: 400,
  config_invalid: 400,
  unavailable: 503,
};

/** A fault goes without its cause: that is for the log. */
export function reply(result: Result<unknown, Fault>): AdminReply {
  if (result.ok) return { status: 200, body: result.value };
  const { code, subject, field, message } = result.error;
  return { status: STATUSES[code] ?? 409, body: { code, subject, field, message } };
}
