/** Failover: which part of a service's requests goes to which group of endpoints, and why. Start at decide-shares.ts. */
import type { FailoverPolicy } from '../../model/policy.ts';

/** In force where no FailoverPolicy names the service. The threshold is Envoy's overprovisioning factor 1.4. */
export const DEFAULT_FAILOVER: FailoverPolicy = {
  name: 'default',
  generation: 0,
  levels: [{ kind: 'zone' }, { kind: 'region' }, { kind: 'cluster' }, { kind: 'area' }, { kind: 'others' }],
  threshold: 71.4,
  overflow: 'keep',
  failback: { rampMs: 30_000, holdMs: 10_000 },
  panic: 50,
};
