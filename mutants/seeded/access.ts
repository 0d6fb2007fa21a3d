/** Who may call whom: a deny goes first, and what cannot be read is closed. */
import type { Mutant } from '../mutant.ts';

const DECIDE_ACCESS = {
  file: 'mesh/decide/access/decide-access.ts',
  test: 'mesh/decide/access/decide-access.test.ts',
} as const;

export const ACCESS: readonly Mutant[] = [
  {
    name: 'unreadable-policy-opens',
    guarantee: 'A policy that cannot be read closes what it selects (S12).',
    ...DECIDE_ACCESS,
    replace: 'policy.closed !== undefined',
    by: 'policy.closed === null',
    fails: [
      'decideAccess > closed',
      'decideAccess > refuses a caller without identity whatever the policies that select the service say, and none is no policy',
      'decideAccess > names the policy that decided, and says why',
    ],
  },
  {
    name: 'allow-before-deny',
    guarantee: 'A deny goes before every allow (S12).',
    ...DECIDE_ACCESS,
    replace: 'if (denying !== undefined) return',
    by: 'if (denying !== undefined && !selected.some(({ allow }) => meetsAny(allow, source))) return',
    fails: ['decideAccess > deny goes before allow'],
  },
  {
    name: 'allow-lets-others-in',
    guarantee: 'A policy that allows some denies everybody else (S12).',
    ...DECIDE_ACCESS,
    replace: 'if (closing !== undefined) return denied',
    by: 'if (false) return denied',
    fails: [
      'decideAccess > an allow denies the rest',
      'decideAccess > every field must hold',
      'decideAccess > an empty match meets nobody',
    ],
  },
  {
    name: 'nobody-is-allowed',
    guarantee: 'A caller without identity is refused where a policy speaks (S12).',
    ...DECIDE_ACCESS,
    replace: 'if (source === undefined) return denied(first,',
    by: "if (source === undefined) return { allow: true, reason: '', words: '' };\n  if (false) return denied(first,",
    fails: [
      'decideAccess > nobody under a deny',
      'decideAccess > nobody under an allow',
      'decideAccess > refuses a caller without identity whatever the policies that select the service say, and none is no policy',
    ],
  },
  {
    name: 'empty-match-meets-all',
    guarantee: 'A match that names nothing meets nobody (S12).',
    ...DECIDE_ACCESS,
    replace: '    named &&',
    by: '    true &&',
    fails: ['decideAccess > an empty match meets nobody'],
  },
  {
    name: 'account-not-compared',
    guarantee: 'Every field of a match must hold (S12).',
    ...DECIDE_ACCESS,
    replace: '(serviceAccounts?.includes(source.serviceAccount) ?? true)',
    by: 'true',
    fails: ['decideAccess > every field must hold'],
  },
  {
    name: 'policy-reaches-other-namespace',
    guarantee: 'A policy reaches its own namespace only (S12).',
    ...DECIDE_ACCESS,
    replace: 'if (policy.namespace !== splitServiceKey(service).namespace) return false;',
    by: '',
    fails: [
      'decideAccess > another namespace',
      'decideAccess > is not led astray by a target in another namespace than the policy',
    ],
  },
  {
    name: 'policy-reaches-other-service',
    guarantee: 'A policy with a target is about that service only (S12).',
    ...DECIDE_ACCESS,
    replace: 'policy.target === undefined || policy.target === serviceOf(service)',
    by: 'true',
    fails: [
      'decideAccess > holds a policy for a headless service for each of its hosts, and for those of no other',
      'decideAccess > another service',
      'decideAccess > refuses a caller without identity whatever the policies that select the service say, and none is no policy',
    ],
  },
  {
    name: 'name-as-pattern',
    guarantee: 'Names are compared whole: a dot is no pattern (S12).',
    ...DECIDE_ACCESS,
    replace: 'clusters?.includes(source.cluster)',
    by: 'clusters?.some((name) => new RegExp(name).test(source.cluster))',
    fails: ['decideAccess > is not led astray by a name that only looks like a pattern'],
  },
];
