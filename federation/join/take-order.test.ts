import { describe, expect, it } from 'vitest';
import { createManualClock } from '../../mesh/adapters/clock/manual-clock.ts';
import { createMemoryState } from '../../mesh/adapters/files/state-folder.ts';
import type {
  InstallOrder,
  InstallOrders,
  OrderOutcome,
} from '../../mesh/adapters/kubernetes/install-order.ts';
import { createMemoryLog } from '../../mesh/adapters/log/memory-log.ts';
import { openAuthority } from '../../mesh/adapters/trust/authority.ts';
import { createMemoryKeyStore } from '../../mesh/adapters/trust/folder-key-store.ts';
import { err, ok } from '../../mesh/kit/result.ts';
import type { ClusterConfig } from '../../mesh/model/cluster-config.ts';
import { fault } from '../../mesh/model/fault.ts';
import type { ClusterName, MeshName } from '../../mesh/model/names.ts';
import type { KeyStore } from '../../mesh/ports/key-store.ts';
import { takeOrder } from './take-order.ts';

const config = {
  ...{ mesh: 'acme' as MeshName, cluster: 'east' as ClusterName, zone: 'eu-1', allowLoopbackPeers: false },
} as ClusterConfig;

interface Desk {
  readonly orders: InstallOrders;
  readonly outcomes: OrderOutcome[];
  order: InstallOrder | undefined;
}

function openDesk(order?: InstallOrder): Desk {
  const desk: Desk = {
    ...{ order, outcomes: [] },
    orders: {
      open: () => Promise.resolve(ok(desk.order)),
      outcome: () => Promise.resolve(ok(desk.outcomes.at(-1))),
      give: (given) => Promise.resolve(ok((desk.order = given))),
      close(outcome) {
        desk.order = undefined;
        desk.outcomes.push(outcome);
        return Promise.resolve(ok(undefined));
      },
    },
  };
  return desk;
}

function take(
  desk: Desk,
  keys: KeyStore,
): { clock: ReturnType<typeof createManualClock>; end: AbortController; done: Promise<void> } {
  const [clock, end] = [createManualClock(), new AbortController()];
  const tools = { clock, log: createMemoryLog(), state: createMemoryState(), signal: end.signal };
  return { clock, end, done: takeOrder({ ...tools, orders: desk.orders, keys, config }) };
}

describe('a controller that is in no mesh', () => {
  it('founds one when it is told to, and says what it did', async () => {
    const [desk, keys] = [openDesk({ kind: 'found' }), createMemoryKeyStore()];
    const { clock, done } = take(desk, keys);
    await done;
    expect(openAuthority(keys, clock.now)).toMatchObject({
      ok: true,
      value: { cluster: 'east', isFounder: true },
    });
    expect(desk.outcomes).toEqual([{ steps: ['root of trust created'] }]);
  });

  it('makes up nothing by itself: without an order it waits', async () => {
    const [desk, keys] = [openDesk(), createMemoryKeyStore()];
    const { clock, end, done } = take(desk, keys);
    await clock.advanceAsync(60_000);
    expect(keys.read('intermediate.crt')).toEqual(ok(undefined));
    end.abort();
    await done;
    expect(keys.read('root.key')).toEqual(ok(undefined));
    expect(clock.pending()).toBe(0);
  });

  it('closes an order that fails with the reason, and takes the next one', async () => {
    const [desk, keys] = [openDesk({ kind: 'join', token: 'no token' }), createMemoryKeyStore()];
    const { clock, done } = take(desk, keys);
    await clock.advanceAsync(100);
    expect(desk.outcomes).toMatchObject([{ steps: [], fault: { code: 'token_invalid' } }]);
    desk.order = { kind: 'found' };
    await clock.advanceAsync(2_000);
    await done;
    expect(desk.outcomes).toHaveLength(2);
  });

  it('does not call done what is not kept', async () => {
    const keys = createMemoryKeyStore();
    let failures = 3;
    const lost = err(fault('unavailable', 'Secret', 'cannot be written'));
    const flush: KeyStore['flush'] = () => Promise.resolve(failures-- > 0 ? lost : ok(undefined));
    const desk = openDesk({ kind: 'found' });
    const { clock, done } = take(desk, { ...keys, flush });
    await clock.advanceAsync(2_000);
    expect(desk.outcomes).toEqual([]);
    await clock.advanceAsync(2_000);
    await done;
    expect(desk.outcomes).toEqual([{ steps: ['root of trust created'] }]);
  });

  it('leaves a membership that it has as it is, and keeps no order for it', async () => {
    const [desk, keys] = [openDesk({ kind: 'found' }), createMemoryKeyStore()];
    await take(desk, keys).done;
    const held = keys.read('intermediate.crt');
    desk.order = { kind: 'found' };
    await take(desk, keys).done;
    expect(keys.read('intermediate.crt')).toEqual(held);
    expect(desk.order).toBeUndefined();
    expect(desk.outcomes.at(-1)).toEqual({ steps: ['a member already'] });
  });
});
