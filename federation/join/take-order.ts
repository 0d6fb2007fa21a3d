/** How a controller in a pod comes into a mesh: it founds one or joins one, as the installer of its cluster asked. */
import { joinMesh } from './join-mesh.ts';
import { joinStepText } from './join-steps.ts';
import { pause } from '../../mesh/adapters/clock/pause.ts';
import type {
  InstallOrder,
  InstallOrders,
  OrderOutcome,
} from '../../mesh/adapters/kubernetes/install-order.ts';
import { createMesh } from '../../mesh/adapters/trust/authority.ts';
import { ok, type Result } from '../../mesh/kit/result.ts';
import type { ClusterConfig } from '../../mesh/model/cluster-config.ts';
import { formatFault, type Fault } from '../../mesh/model/fault.ts';
import type { Clock } from '../../mesh/ports/clock.ts';
import type { KeyStore } from '../../mesh/ports/key-store.ts';
import type { Log } from '../../mesh/ports/log.ts';
import type { StateStore } from '../../mesh/ports/state-store.ts';

export interface TakeOrderOptions {
  readonly orders: InstallOrders;
  readonly keys: KeyStore;
  readonly state: StateStore;
  readonly config: ClusterConfig;
  readonly clock: Clock;
  readonly log: Log;
  /** Gives up waiting. */
  readonly signal: AbortSignal;
}

const ASK_AGAIN_MS = 1_000;

/**
 * Resolves when the cluster holds a membership. Without one it waits for an order: nothing is ever made up in the place of
 * keys that are lost (S22). An order that fails is closed with the reason, and the next one is waited for; one to a
 * cluster that is a member already is closed as done, so that no token stays.
 */
export async function takeOrder(options: TakeOrderOptions): Promise<void> {
  const { orders, keys, clock, log, signal } = options;
  for (let asked = 0; !signal.aborted && !isMember(keys); asked++) {
    if (asked === 1) log.info('waiting for an order: found a mesh, or join one');
    const order = await orders.open();
    if (!order.ok && asked === 0) log.warn('order cannot be read', { detail: formatFault(order.error) });
    if (order.ok && order.value !== undefined) await carryOut(order.value, options);
    else await pause(clock, ASK_AGAIN_MS, signal);
  }
  const late = await orders.open();
  if (late.ok && late.value !== undefined)
    await insist(options, 'outcome of the order', () => orders.close({ steps: ['a member already'] }));
}

function isMember(keys: KeyStore): boolean {
  const held = keys.read('intermediate.crt');
  return held.ok && held.value !== undefined;
}

async function carryOut(order: InstallOrder, options: TakeOrderOptions): Promise<void> {
  const { orders, keys, state, log } = options;
  const steps: string[] = [];
  const done = order.kind === 'found' ? found(options, steps) : await join(order.token, options, steps);
  // Nobody is told that it is done before it is kept.
  await insist(options, 'keys', keys.flush);
  await insist(options, 'state', state.flush);
  const outcome: OrderOutcome = done.ok ? { steps } : { steps, fault: shown(done.error) };
  if (outcome.fault === undefined) log.info('order carried out', { order: order.kind });
  else
    log.warn('order failed', {
      order: order.kind,
      reason: outcome.fault.code,
      detail: outcome.fault.message,
    });
  // It holds the token of a join.
  await insist(options, 'outcome of the order', () => orders.close(outcome));
}

/** Until it is done, or nobody waits for it any more. */
async function insist(
  { clock, log, signal }: TakeOrderOptions,
  what: string,
  attempt: () => Promise<Result<unknown, Fault>>,
): Promise<void> {
  while (!signal.aborted) {
    const done = await attempt();
    if (done.ok) return;
    log.warn('not kept yet', { what, detail: formatFault(done.error) });
    await pause(clock, ASK_AGAIN_MS, signal);
  }
}

function shown({ code, subject, message }: Fault): NonNullable<OrderOutcome['fault']> {
  return { code, subject, message };
}

function found({ keys, config, clock }: TakeOrderOptions, steps: string[]): Result<void, Fault> {
  const { mesh, cluster } = config;
  const made = createMesh(keys, { mesh, cluster, nowMs: clock.now() });
  if (!made.ok) return made;
  steps.push('root of trust created');
  return ok(undefined);
}

async function join(token: string, options: TakeOrderOptions, steps: string[]): Promise<Result<void, Fault>> {
  const { keys, state, config, clock } = options;
  const joined = await joinMesh({
    ...{
      token,
      keys,
      state,
      now: clock.now,
      cluster: config.cluster,
      allowLoopback: config.allowLoopbackPeers,
    },
    gateways: config.advertise === undefined ? [] : [{ ...config.advertise, zone: config.zone }],
    onProgress: (step) => void steps.push(joinStepText(step)),
  });
  return joined.ok ? ok(undefined) : joined;
}
