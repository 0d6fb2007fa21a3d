/**
 * Who of several controllers leads: a lease that one of them holds and renews (coordination.k8s.io/v1 Lease). Whether it
 * has run out is judged by the own monotonic clock since the lease was last seen to change, so clocks need not agree. Each
 * change of hands raises the epoch.
 */
export interface LeaseTimes {
  /** A lease that has not changed for so long is free. */
  readonly durationMs: number;
  /** A leader that has not renewed for so long stops leading: well before another one may begin. */
  readonly renewDeadlineMs: number;
  /** How often a leader renews it; also how long one request may take. */
  readonly retryMs: number;
  /** How often one that waits looks, and so about how long nobody leads when a lease is given back. */
  readonly standbyMs: number;
}

/** As Kubernetes' own controllers have them, but for the last, which they do not tell apart from the third. */
export const LEASE_TIMES: LeaseTimes = {
  ...{ durationMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000, standbyMs: 500 },
};

export interface Lease {
  /** Empty when it was given back. */
  readonly holder: string;
  readonly durationMs: number;
  /** Changes of hands so far. */
  readonly epoch: number;
  /** Another one after each write. */
  readonly version: string;
}

export interface SeenLease {
  /** Undefined: there is none yet. */
  readonly lease: Lease | undefined;
  /** Monotonic milliseconds at which its version was first seen. */
  readonly sinceMs: number;
}

/** What was seen, brought up to date. */
export function seeLease(before: SeenLease | undefined, lease: Lease | undefined, nowMs: number): SeenLease {
  return before !== undefined && before.lease?.version === lease?.version
    ? before
    : { lease, sinceMs: nowMs };
}

export type LeaseMove =
  /** To hold it from now on, in this epoch. */
  { readonly kind: 'renew' | 'take'; readonly epoch: number } | { readonly kind: 'wait' };

export function decideLease({ lease, sinceMs }: SeenLease, self: string, nowMs: number): LeaseMove {
  if (lease === undefined) return { kind: 'take', epoch: 1 };
  if (lease.holder === self) return { kind: 'renew', epoch: lease.epoch };
  const isFree = lease.holder === '' || nowMs - sinceMs >= lease.durationMs;
  return isFree ? { kind: 'take', epoch: lease.epoch + 1 } : { kind: 'wait' };
}

/** Asked before each write, not only when the lease is renewed: a process that was frozen wakes up after its time. */
export function isLeading(renewedAtMs: number | undefined, nowMs: number, times: LeaseTimes): boolean {
  return renewedAtMs !== undefined && nowMs - renewedAtMs < times.renewDeadlineMs;
}
