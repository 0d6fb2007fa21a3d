/** Failback: a recovered group is held back, then ramped up, so that its first endpoint never takes the whole load. */
export interface Ramp {
  /** 0-1, the `ramp` of an EndpointGroup. */
  readonly value: number;
  /** Monotonic ms since when it has been healthy without a break; absent while it is down. */
  readonly healthySince?: number;
  /** Monotonic ms of the last step. */
  readonly at: number;
}

export interface RampInput {
  /** Endpoints of the group that are healthy now. */
  readonly healthy: number;
  /** Monotonic ms. */
  readonly nowMs: number;
  readonly rampMs: number;
  readonly holdMs: number;
  /** The group was there in the first view of this proxy: it starts at full. */
  readonly first: boolean;
}

/**
 * One step: falls to 0 at once; rises only after `holdMs` of unbroken health, and then by 1/rampMs per ms.
 * A group seen for the first time later on ramps without the hold: it has not failed.
 */
export function advanceRamp(ramp: Ramp | undefined, input: RampInput): Ramp {
  const { nowMs, healthy } = input;
  if (healthy === 0) return { value: 0, at: nowMs };
  if (ramp === undefined)
    return { value: input.first ? 1 : 0, healthySince: nowMs - input.holdMs, at: nowMs };
  const healthySince = ramp.healthySince ?? nowMs;
  const risingFor = nowMs - Math.max(ramp.at, healthySince + input.holdMs);
  const value = Math.min(1, ramp.value + Math.max(0, risingFor) / Math.max(1, input.rampMs));
  return { value, healthySince, at: nowMs };
}
