import { describe, expect, it } from 'vitest';
import { LEASE_TIMES } from '../../decide/lease.ts';
import { createManualClock } from '../clock/manual-clock.ts';
import { createMemoryLog } from '../log/memory-log.ts';
import { ok } from '../../kit/result.ts';
import type { ApiClient } from './api-client.ts';
import { startLeaderElection } from './leader-election.ts';

/** An API server with one Lease, which `holder` holds. */
function apiWithLease(holder: string) {
  let version = 1;
  let spec: object = { holderIdentity: holder, leaseTransitions: 1, leaseDurationSeconds: 15 };
  let reads = 0;
  const lease = (): object => ({
    ...{ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' },
    ...{ metadata: { namespace: 'n', name: 'l', resourceVersion: String(version) }, spec },
  });
  const api: Pick<ApiClient, 'request'> = {
    request({ method, body }) {
      if (method === 'GET') reads += 1;
      else [version, spec] = [version + 1, (body as { spec: object }).spec];
      return Promise.resolve(ok({ status: 200, body: lease() }));
    },
  };
  return {
    api,
    reads: () => reads,
    giveBack: () => ([version, spec] = [version + 1, { ...spec, holderIdentity: '' }]),
  };
}

describe('a candidate for a lease', () => {
  it('takes one that was given back as soon as it looks, and looks more often than a leader renews', async () => {
    const [clock, server] = [createManualClock(), apiWithLease('other')];
    let waits = 0;
    const election = startLeaderElection({
      ...{ api: server.api, namespace: 'n', name: 'l', self: 'self', clock, log: createMemoryLog() },
      random: { next: () => 0.5, bytes: (count: number) => new Uint8Array(count) },
      onWaiting: () => (waits += 1),
    });
    await clock.advanceAsync(0);
    expect([election.epoch(), waits]).toEqual([undefined, 1]);
    server.giveBack();
    await clock.advanceAsync(LEASE_TIMES.standbyMs);
    expect(election.epoch()).toBe(2);
    const before = server.reads();
    await clock.advanceAsync(4 * LEASE_TIMES.retryMs);
    expect(server.reads() - before).toBe(4);
    await election.stop();
  });
});
