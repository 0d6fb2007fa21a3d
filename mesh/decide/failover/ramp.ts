/** Failback: a recovered group is held back, then ramped up, so that its first endpoint never takes the whole load. */
export interface Ramp {
  /** 0-1, the `ramp` of an EndpointGroup: the part of its healthy endpoints that counts. */
  readonly value: number;
  /** 0-1: the fraction of all its endpoints that counts; what is limited in its rise. */
  readonly fraction: number;
  /** Monotonic ms since when it has had a healthy endpoint without a break; absent while it has none. */
  readonly healthySince?: number;
  /** Monotonic ms of the last step. */
  readonly at: number;
}

export interface RampInput {
  /** Endpoints of the group that are healthy now. */
  readonly healthy: number;
  /** All its endpoints; `healthy <= total`. */
  readonly total: number;
  /** The policy's threshold, percent: a group that counts with this much of its endpoints carries its whole load. */
  readonly threshold: number;
  /** Monotonic ms. */
  readonly nowMs: number;
  readonly rampMs: number;
  readonly holdMs: number;
  /** The group was there in the first view of this proxy: it starts at full. */
  readonly first: boolean;
}

/**
 * One step. The counted fraction falls at once. It rises from nothing to the threshold, which is from no load to all
 * of it, in `rampMs`, and on to full at the rate of all endpoints in `rampMs`; and after the group had no healthy
 * endpoint at all, only when it has had one for `holdMs` without a break. So a short dip costs as much as it was deep,
 * and flapping gains nothing. A group seen for the first time later on ramps without the hold: it has not failed.
 */
export function advanceRamp(ramp: Ramp | undefined, input: RampInput): Ramp {
  const { nowMs, healthy, total, holdMs } = input;
  if (healthy <= 0 || total <= 0) return { value: 0, fraction: 0, at: nowMs };
  const target = healthy / total;
  if (ramp === undefined) {
    const value = input.first ? 1 : 0;
    return { value, fraction: value * target, healthySince: nowMs - holdMs, at: nowMs };
  }
  const healthySince = ramp.healthySince ?? nowMs;
  // At its target it has not been rising: time that passed there does not count.
  const risingSince = ramp.value === 1 ? nowMs : Math.max(ramp.at, healthySince + holdMs);
  const risingFor = Math.max(0, nowMs - risingSince);
  const fraction = Math.min(target, riseFrom(ramp.fraction, risingFor / Math.max(1, input.rampMs), input));
  return { value: fraction === target ? 1 : fraction / target, fraction, healthySince, at: nowMs };
}

/** `ramps`: the time to rise in, in multiples of `rampMs`. Above the threshold it is no more load that it takes on. */
function riseFrom(fraction: number, ramps: number, { threshold }: RampInput): number {
  const full = threshold / 100;
  const missing = Math.max(0, 1 - fraction / full);
  return ramps <= missing ? fraction + ramps * full : Math.max(fraction, full) + ramps - missing;
}
