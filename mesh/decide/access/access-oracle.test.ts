import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { WorkloadIdentity } from '../../model/identity.ts';
import type { ServiceKey } from '../../model/names.ts';
import type { AccessPolicy } from '../../model/policy.ts';
import { decideAccess } from './decide-access.ts';

/**
 * The reference (S12): what the rules say, as plainly as they can be said and nothing shared with the function they
 * check. A caller without identity has no names.
 */
interface Caller {
  readonly cluster: string;
  readonly namespace: string;
  readonly serviceAccount: string;
}

function oracle(policies: readonly AccessPolicy[], caller: Caller | undefined, service: string): boolean {
  const about: AccessPolicy[] = [];
  for (const policy of policies) {
    const ofNamespace = service.startsWith(`${policy.namespace}/`);
    if (ofNamespace && (!policy.target || String(policy.target) === service)) about.push(policy);
  }
  if (about.length === 0) return true;
  if (caller === undefined) return false;
  const rulesOf = (side: 'allow' | 'deny') => about.flatMap((policy) => policy[side]);
  const names = (side: 'allow' | 'deny'): boolean =>
    rulesOf(side).some(({ from }) => from.some((match) => holds(match, caller)));
  if (about.some(({ closed }) => typeof closed === 'string') || names('deny')) return false;
  return names('allow') || rulesOf('allow').length === 0;
}

function holds(match: AccessPolicy['deny'][number]['from'][number], caller: Caller): boolean {
  const asked: [readonly string[] | undefined, string][] = [
    [match.clusters, caller.cluster],
    [match.namespaces, caller.namespace],
    [match.serviceAccounts, caller.serviceAccount],
  ];
  const present = asked.filter(([names]) => names !== undefined);
  for (const [names, value] of present) if (names?.indexOf(value) === -1) return false;
  return present.length > 0;
}

const name = fc.constantFrom('a', 'b', 'a-b', 'constructor');
const names = fc.array(name, { maxLength: 3 });
const match = fc.record({ clusters: names, namespaces: names, serviceAccounts: names }, { requiredKeys: [] });
const rules = fc.array(fc.record({ from: fc.array(match, { maxLength: 2 }) }), { maxLength: 2 });
const policy = fc.record(
  {
    ...{ name: fc.constant('p'), namespace: fc.constantFrom('a', 'a-b'), allow: rules, deny: rules },
    target: fc.constantFrom('a/b', 'a/a-b', 'a-b/b'),
    closed: fc.constantFrom('broken', ''),
  },
  { requiredKeys: ['name', 'namespace', 'allow', 'deny'] },
);
/** Closed policies are rare in life and would hide the rest: three in four are opened again. */
const policies = fc.array(fc.tuple(policy, fc.nat(3)), { maxLength: 3 }).map((drafts) =>
  drafts.map(([draft, dice]) => {
    const { closed, ...open } = draft;
    return (dice === 0 && closed !== undefined ? draft : open) as unknown as AccessPolicy;
  }),
);
const caller = fc.record({ cluster: name, namespace: name, serviceAccount: name });

it('decides as the oracle does in 60,000 random cases, both ways (S12)', () => {
  const services = fc.constantFrom('a/b', 'a-b/b', 'b/b');
  const seen = { allowed: 0, denied: 0 };
  fc.assert(
    fc.property(policies, fc.option(caller, { nil: undefined, freq: 9 }), services, (some, who, service) => {
      const source = who && ({ kind: 'workload', mesh: 'acme', ...who } as WorkloadIdentity);
      const { allow, reason } = decideAccess(some, source, service as ServiceKey);
      seen[allow ? 'allowed' : 'denied']++;
      if (allow !== oracle(some, who, service) || allow !== (reason === '')) throw new Error('they differ');
    }),
    { numRuns: 60_000 },
  );
  expect(Math.min(seen.allowed, seen.denied)).toBeGreaterThan(5000);
});
