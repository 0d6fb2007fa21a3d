/** Where requests go when something is ill: levels, shares, caps, ramps, the choice of an endpoint. */
import type { Mutant } from '../mutant.ts';

const SPILL = {
  file: 'mesh/decide/failover/spill.ts',
  test: 'mesh/decide/failover/decide-shares.test.ts',
} as const;
const SPILL_IN_ENVOY_TABLES = {
  file: 'mesh/decide/failover/spill.ts',
  test: 'mesh/decide/failover/envoy-tables.test.ts',
} as const;
const CAP = { file: 'mesh/decide/failover/cap.ts', test: 'mesh/decide/failover/cap.test.ts' } as const;
const DECIDE_SHARES = {
  file: 'mesh/decide/failover/decide-shares.ts',
  test: 'mesh/decide/failover/decide-shares.test.ts',
} as const;
const LEVELS = {
  file: 'mesh/decide/failover/levels.ts',
  test: 'mesh/decide/failover/decide-shares.test.ts',
} as const;
const RAMP = { file: 'mesh/decide/failover/ramp.ts', test: 'mesh/decide/failover/ramp.test.ts' } as const;
const ENDPOINT_GROUPS = {
  file: 'sidecar/decide/endpoint-groups.ts',
  test: 'sidecar/decide/endpoint-groups.test.ts',
} as const;
const PICK = { file: 'mesh/decide/balance/pick.ts', test: 'mesh/decide/balance/pick.test.ts' } as const;

export const FAILOVER: readonly Mutant[] = [
  {
    name: 'threshold-rounded',
    guarantee: 'The threshold is honoured exactly (section 8 of the design).',
    ...SPILL,
    replace: 'ignoreRamps)) / total / threshold)',
    by: 'ignoreRamps)) / total / Math.round(threshold))',
    fails: [
      'a group that ramps up > ramps inside a weighted level too, even if the rest of the level is under the threshold',
    ],
  },
  {
    name: 'spill-rounded',
    guarantee: 'Shares are Envoy’s without its rounding (section 8 of the design).',
    ...SPILL_IN_ENVOY_TABLES,
    replace: 'Math.min(left, available / normal)',
    by: 'Math.min(left, Math.round((100 * available) / normal) / 100)',
    fails: ['Envoy, “Priority levels” > is followed exactly, without rounding, for any number of levels'],
  },
  {
    name: 'cap-ignored',
    guarantee: 'A level takes over no more than its cap (F6).',
    ...CAP,
    replace: 'if (policy.cap === undefined) return { shares',
    by: 'if (true) return { shares',
    fails: [
      'the cap > holds a later level to its own healthy endpoints; the excess goes on, and the rest is shed',
      'the cap > keeps the overflow in the first level while it has a healthy endpoint',
      'the cap > else gives it to those that can serve, by their endpoints, and says so',
      'the cap > is never exceeded while the overflow is shed',
    ],
  },
  {
    name: 'shed-load-kept',
    guarantee: 'Load over the cap is shed where the policy says so (F6).',
    ...CAP,
    replace: "if (policy.overflow === 'shed')",
    by: 'if (false)',
    fails: [
      'the cap > holds a later level to its own healthy endpoints; the excess goes on, and the rest is shed',
      'the cap > is never exceeded while the overflow is shed',
    ],
  },
  {
    name: 'cap-of-first-level',
    guarantee: 'The first level is never capped (F6).',
    ...CAP,
    replace: 'first === undefined || level === first || policy.cap',
    by: 'first === undefined || policy.cap',
    fails: ['the cap > never holds the first level that has endpoints, nor a level that takes less'],
  },
  {
    name: 'panic-never',
    guarantee: 'Never fail while an endpoint may work: panic spreads over all (F9).',
    ...DECIDE_SHARES,
    replace: 'if (mustPanic(levels, policy))',
    by: 'if (false)',
    fails: [
      'decideShares > sums to 100 with what is shed, gives no share below 0, and none to what is unhealthy outside panic',
      'panic > comes only when all levels together cannot carry the load, and spreads over what is ready',
      'panic > begins below its percent, not at it',
      'panic > sends nothing to what is known to be gone, unless all is',
      'panic > is off at 0, but for when nothing at all is healthy',
    ],
  },
  {
    name: 'panic-at-threshold',
    guarantee: 'Panic begins below its percent, not at it (F9).',
    ...DECIDE_SHARES,
    replace: '/ total < panic',
    by: '/ total <= panic',
    fails: ['panic > begins below its percent, not at it'],
  },
  {
    name: 'panic-over-the-gone',
    guarantee: 'Panic sends nothing to what its owner calls gone, unless all is (F9).',
    ...DECIDE_SHARES,
    replace: "sumOf(all, 'ready') > 0 ? 'ready' : 'total'",
    by: "'total'",
    fails: ['panic > sends nothing to what is known to be gone, unless all is'],
  },
  {
    name: 'panic-while-ramping',
    guarantee: 'Healthy endpoints that still ramp up are no reason to panic (F9).',
    ...DECIDE_SHARES,
    replace: 'availability(groups, { threshold, ignoreRamps: true })',
    by: 'availability(groups, { threshold, ignoreRamps: false })',
    fails: ['panic > does not come because healthy endpoints are still ramping up'],
  },
  {
    name: 'weights-ignored',
    guarantee: 'Clusters of one level share by their weights (section 8 of the design).',
    ...DECIDE_SHARES,
    replace: '(weight * availability(same, terms) * own)',
    by: '(availability(same, terms) * own)',
    fails: [
      'decideShares > splits one level by healthy endpoints; between weighted clusters by weight, inside them by endpoints',
    ],
  },
  {
    name: 'zone-by-name-only',
    guarantee: 'A zone of the same name in another region is another zone (section 8 of the design).',
    ...LEVELS,
    replace: 'group.region === from.region && group.zone === from.zone',
    by: 'group.zone === from.zone',
    fails: ['decideShares > finds the level: a zone of that name in another region'],
  },
  {
    name: 'unnamed-cluster-used',
    guarantee: 'A policy that names clusters means those only (section 8 of the design).',
    ...LEVELS,
    replace: 'const selectors = namesSome ?',
    by: 'const selectors = false ?',
    fails: ['decideShares > leaves out what a policy that names clusters does not name, and says so'],
  },
  {
    name: 'ramp-skipped',
    guarantee: 'A level that comes back takes on its load slowly (F6).',
    ...RAMP,
    replace: 'value: fraction === target ? 1 : fraction / target',
    by: 'value: 1',
    fails: [
      'advanceRamp > falls at once, holds for 10 s, then takes on load evenly over 30 s',
      'advanceRamp > begins the hold anew after each failure, so that flapping gains nothing (F8)',
      'advanceRamp > comes back slowly from a deep fall, as from a full one',
      'advanceRamp > takes on load no faster than all of it in rampMs, however it is stepped, and ends full',
      'advanceRamp > gains nothing from time spent at its target: what comes back after a rest ramps like all else',
    ],
  },
  {
    name: 'hold-skipped',
    guarantee: 'A level that comes back is held for a while first (F8).',
    ...RAMP,
    replace: 'healthySince + holdMs)',
    by: 'healthySince)',
    fails: ['advanceRamp > falls at once, holds for 10 s, then takes on load evenly over 30 s'],
  },
  {
    name: 'newcomer-at-full',
    guarantee: 'A group that appears later ramps up too (F6).',
    ...RAMP,
    replace: 'input.first ? 1 : 0',
    by: '1',
    fails: ['advanceRamp > starts full in the first view, and ramps without hold when it appears later'],
  },
  {
    name: 'flapping-gains',
    guarantee: 'A failure begins the hold anew (F8).',
    ...RAMP,
    replace: 'return { value: 0, fraction: 0, at: nowMs }',
    by: 'return { value: 0, fraction: 0, at: nowMs, healthySince: ramp?.healthySince ?? nowMs }',
    fails: [
      'advanceRamp > falls at once, holds for 10 s, then takes on load evenly over 30 s',
      'advanceRamp > begins the hold anew after each failure, so that flapping gains nothing (F8)',
    ],
  },
  {
    name: 'silent-cluster-used',
    guarantee: 'A cluster whose gateways do not answer counts as not healthy (F1).',
    ...ENDPOINT_GROUPS,
    replace: 'healthy: usable ? zone.ready : 0',
    by: 'healthy: zone.ready',
    fails: ['endpointGroups > of another cluster: silent'],
  },
  {
    name: 'stale-link-withdraws',
    guarantee: 'The loss of the control link takes no endpoint away (F19).',
    ...ENDPOINT_GROUPS,
    replace: "peer.link.state === 'left'",
    by: "peer.link.state !== 'up'",
    fails: ['endpointGroups > of another cluster: stale control link: still used'],
  },
  {
    name: 'left-cluster-used',
    guarantee: 'A cluster that has left gets no request (S25).',
    ...ENDPOINT_GROUPS,
    replace: " || peer.link.state === 'left'",
    by: '',
    fails: ['endpointGroups > of another cluster: left the mesh'],
  },
  {
    name: 'shed-by-rounding',
    guarantee: 'Rounding sheds nothing (section 8 of the design).',
    ...PICK,
    replace: 'if (shares.shed === 0 && groups.length > 0)',
    by: 'if (false)',
    fails: ['pickGroup > sheds nothing that rounding left over, and knows when there is nobody'],
  },
  {
    name: 'more-loaded-of-two',
    guarantee: 'Of two endpoints the less loaded is taken (F6).',
    ...PICK,
    replace: 'loadOf(second) < loadOf(first)',
    by: 'loadOf(second) > loadOf(first)',
    fails: ['pickTwoChoices > compares two different ones and takes the less loaded'],
  },
  {
    name: 'same-candidate-twice',
    guarantee: 'Two choices are two different endpoints (F6).',
    ...PICK,
    replace: '(first + 1 + Math.floor',
    by: '(first + Math.floor',
    fails: [
      'pickTwoChoices > compares two different ones and takes the less loaded',
      'pickTwoChoices > compares every pair as often as any other',
    ],
  },
  {
    name: 'slow-start-skipped',
    guarantee: 'A new endpoint gets its load slowly (F6).',
    ...PICK,
    replace: 'ageMs >= rampMs ? load',
    by: 'true ? load',
    fails: [
      'slow start > an idle one of a tenth of the time looks as if it had ten',
      'slow start > one of half the time looks twice as loaded',
      'slow start > the newest is not shut out',
    ],
  },
];
