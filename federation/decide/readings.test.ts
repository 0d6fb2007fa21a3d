import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_FAILOVER } from '../../mesh/decide/failover/default-policy.ts';
import type { Namespace, ServiceKey } from '../../mesh/model/names.ts';
import type { FailoverPolicy } from '../../mesh/model/policy.ts';
import type { Reading } from '../../mesh/model/reading.ts';
import { policyStates, refusedExports } from './readings.ts';
import { key } from './testing/sample-state.ts';

const CART = key('shop/cart');
const TILL = key('shop/till');
const FAULTS = ['spec.levels[0].clusters[0]: 7 is no name', 'spec.levels[1].clusters[2]: "a" stands twice'];
const SYSTEM = 'metadata.namespace: kube-system is a system namespace, which the mesh leaves alone';
/** The longest message of a condition (metav1.Condition). */
const MAX_MESSAGE = 32_768;

function reading(kind: Reading['kind'], name: string, over: Partial<Reading> = {}): Reading {
  return { kind, namespace: 'shop' as Namespace, name, generation: 3, faults: [], ...over };
}

const readings = (...all: readonly Reading[]): ReadonlyMap<string, Reading> =>
  new Map(all.map((one) => [`${one.namespace}/${one.kind}/${one.name}`, one]));
const inForce = (...names: readonly string[]): ReadonlyMap<ServiceKey, FailoverPolicy> =>
  new Map(names.map((name) => [CART, { ...DEFAULT_FAILOVER, name }]));
const hasService = (service: ServiceKey): boolean => service === CART;

describe('the condition Accepted of a policy (GEP-713)', () => {
  const ACCEPTED = { status: 'True', reason: 'Accepted', message: 'it holds for what it selects' };
  const NOT_FOUND = {
    ...{ status: 'False', reason: 'TargetNotFound' },
    message:
      'there is no Service shop/till here, nor an import of it; one that comes has the policy from the start',
  };
  const cases: readonly [string, Reading, ReturnType<typeof inForce>, object][] = [
    ['in force', reading('FailoverPolicy', 'one', { target: CART }), inForce('shop/one'), ACCEPTED],
    [
      'with faults from the start',
      reading('FailoverPolicy', 'one', { faults: FAULTS }),
      inForce(),
      { status: 'False', reason: 'Invalid', message: `${FAULTS.join('; ')}; it is not in force` },
    ],
    [
      'with faults, and good before',
      reading('FailoverPolicy', 'one', { faults: FAULTS.slice(0, 1) }),
      inForce('shop/one'),
      { status: 'False', reason: 'Invalid', message: `${FAULTS[0]}; the version before it stays in force` },
    ],
    [
      'of a target that another one has',
      reading('FailoverPolicy', 'two', { target: CART }),
      inForce('shop/one'),
      {
        ...{ status: 'False', reason: 'Conflicted' },
        message: 'shop/cart has the policy shop/one already, which stays in force',
      },
    ],
    [
      'that closes what it selects, for it cannot be read',
      reading('AccessPolicy', 'one', { faults: ['spec: has neither allow nor deny'] }),
      inForce('shop/one'),
      {
        ...{ status: 'False', reason: 'Invalid' },
        message: 'spec: has neither allow nor deny; until it is mended, what it selects is closed',
      },
    ],
    [
      'in a system namespace, which closes nothing there',
      reading('AccessPolicy', 'one', { namespace: 'kube-system' as Namespace, faults: [SYSTEM] }),
      inForce(),
      { status: 'False', reason: 'Invalid', message: `${SYSTEM}; it holds for nothing` },
    ],
    [
      'about failover of what is not here',
      reading('FailoverPolicy', 'one', { target: TILL }),
      inForce(),
      NOT_FOUND,
    ],
    [
      'about callers of what is not here',
      reading('AccessPolicy', 'one', { target: TILL }),
      inForce(),
      NOT_FOUND,
    ],
    [
      'for a whole namespace, which has no target to miss',
      reading('AccessPolicy', 'one'),
      inForce(),
      ACCEPTED,
    ],
    [
      'about who may call, beside the FailoverPolicy of the same target',
      reading('AccessPolicy', 'two', { target: CART }),
      inForce('shop/one'),
      ACCEPTED,
    ],
  ];
  it.each(cases)('one %s', (_what, one, failover, condition) => {
    const { kind, namespace, name } = one;
    expect(policyStates(readings(one), { failover, hasService })).toEqual([
      { kind, namespace, name, generation: 3, conditions: [{ type: 'Accepted', ...condition }] },
    ]);
  });

  it('is one for each policy, says no to all that have faults and to nothing else, and fits the API', () => {
    const name = fc.stringMatching(/^[a-z]{1,3}$/);
    const kinds = fc.constantFrom<Reading['kind'][]>('ServiceExport', 'FailoverPolicy', 'AccessPolicy');
    const faults = fc.array(fc.string({ maxLength: 2000 }), { maxLength: 300 });
    fc.assert(
      fc.property(fc.array(fc.tuple(kinds, name, faults)), (drawn) => {
        const all = readings(...drawn.map(([kind, own, found]) => reading(kind, own, { faults: found })));
        const policies = [...all.values()].filter(({ kind }) => kind !== 'ServiceExport');
        const states = policyStates(all, { failover: inForce(), hasService });
        expect(states.map(({ kind, name: own }) => [kind, own])).toEqual(
          policies.map(({ kind, name: own }) => [kind, own]),
        );
        states.forEach(({ conditions }, i) => {
          expect(conditions).toHaveLength(1);
          expect(conditions[0]?.status).toBe(policies[i]?.faults.length === 0 ? 'True' : 'False');
          expect(conditions[0]?.message.length).toBeLessThan(MAX_MESSAGE);
        });
      }),
    );
  });
});

describe('an export that cannot be used as it stands', () => {
  const bad = readings(
    reading('ServiceExport', 'cart', { faults: ['spec.exportedLabels: "a b" is no label'] }),
    reading('ServiceExport', 'till'),
  );
  const said = (...offered: readonly ServiceKey[]): readonly unknown[] =>
    refusedExports(bad, new Set(offered)).map(({ key: of, conditions }) => [of, conditions]);
  const condition = { type: 'Ready', status: 'False', reason: 'Failed' };

  it('is told which field it is', () => {
    const message = 'not offered: spec.exportedLabels: "a b" is no label';
    expect(said()).toEqual([[CART, [{ ...condition, message }]]]);
  });

  it('is told that its version before stays, where there was one', () => {
    const message = 'the version before it stays: spec.exportedLabels: "a b" is no label';
    expect(said(CART)).toEqual([[CART, [{ ...condition, message }]]]);
  });
});
