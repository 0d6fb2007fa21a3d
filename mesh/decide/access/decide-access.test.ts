import { describe, expect, it } from 'vitest';
import type { WorkloadIdentity } from '../../model/identity.ts';
import type { ServiceKey } from '../../model/names.ts';
import type { AccessPolicy } from '../../model/policy.ts';
import { decideAccess } from './decide-access.ts';

const service = 'a/b' as ServiceKey;
const source = (cluster: string, namespace = 'a', serviceAccount = 'a'): WorkloadIdentity =>
  ({ kind: 'workload', mesh: 'acme', cluster, namespace, serviceAccount }) as WorkloadIdentity;
const policy = (part: Partial<AccessPolicy>): AccessPolicy => ({
  name: 'a/p',
  namespace: 'a' as never,
  allow: [],
  deny: [],
  ...part,
});

describe('decideAccess', () => {
  it.each([
    ['no policy', [], source('a'), '' as const],
    [
      'development may not call production',
      [policy({ deny: [{ from: [{ clusters: ['development'] }] }] })],
      source('development'),
      'access_denied' as const,
    ],
    ['others may', [policy({ deny: [{ from: [{ clusters: ['development'] }] }] })], source('a'), ''],
    [
      'deny goes before allow',
      [
        policy({ allow: [{ from: [{ clusters: ['a'] }] }] }),
        policy({ deny: [{ from: [{ namespaces: ['a'] }] }] }),
      ],
      source('a'),
      'access_denied',
    ],
    [
      'an allow denies the rest',
      [policy({ allow: [{ from: [{ clusters: ['b'] }] }] })],
      source('a'),
      'access_denied',
    ],
    [
      'every field must hold',
      [policy({ allow: [{ from: [{ clusters: ['a'], serviceAccounts: ['b'] }] }] })],
      source('a'),
      'access_denied',
    ],
    ['closed', [policy({ closed: 'spec: broken' })], source('a'), 'policy_closed'],
    ['another namespace', [policy({ namespace: 'x' as never, closed: 'broken' })], source('a'), ''],
    ['another service', [policy({ target: 'a/x' as ServiceKey, closed: 'broken' })], source('a'), ''],
    [
      'nobody under a deny',
      [policy({ deny: [{ from: [{ clusters: ['b'] }] }] })],
      undefined,
      'access_denied',
    ],
    [
      'nobody under an allow',
      [policy({ allow: [{ from: [{ clusters: ['b'] }] }] })],
      undefined,
      'access_denied',
    ],
    ['an empty match meets nobody', [policy({ allow: [{ from: [{}] }] })], source('a'), 'access_denied'],
  ])('%s', (_, policies, from, reason) => {
    expect(decideAccess(policies, from, service).reason).toBe(reason);
  });

  it.each([
    [
      'a target in another namespace than the policy',
      [policy({ namespace: 'x' as never, target: service, closed: 'broken' })],
      '',
    ],
    ['a policy that says nothing', [policy({})], ''],
    [
      'a name that only looks like a pattern',
      [policy({ deny: [{ from: [{ clusters: ['.*', 'a.', '*', ''] }] }] })],
      '',
    ],
    [
      'a name that is a key of every object',
      [policy({ deny: [{ from: [{ clusters: ['constructor'] }] }] })],
      '',
    ],
  ] as const)('is not led astray by %s', (_, policies, reason) => {
    expect(decideAccess(policies, source('a'), service).reason).toBe(reason);
  });

  it('refuses a caller without identity whatever the policies that select the service say, and none is no policy', () => {
    const anybody = policy({ allow: [{ from: [{ clusters: ['a', 'b'] }] }] });
    for (const some of [anybody, policy({}), policy({ deny: [{ from: [] }] })]) {
      expect(decideAccess([some], undefined, service)).toMatchObject({
        allow: false,
        reason: 'access_denied',
      });
    }
    expect(decideAccess([policy({ target: 'a/x' as ServiceKey })], undefined, service).allow).toBe(true);
    expect(decideAccess([policy({ closed: 'x' })], undefined, service).reason).toBe('policy_closed');
  });

  it('holds a policy for a headless service for each of its hosts, and for those of no other', () => {
    const deny = policy({ target: service, deny: [{ from: [{ clusters: ['a'] }] }] });
    const reasonFor = (key: string): string => decideAccess([deny], source('a'), key as ServiceKey).reason;
    expect([reasonFor('a/b-0.east.b'), reasonFor('a/b.b.x')]).toEqual(['access_denied', '']);
  });

  it('names the policy that decided, and says why', () => {
    const deny = policy({ name: 'a/no-development', deny: [{ from: [{ clusters: ['development'] }] }] });
    expect(decideAccess([policy({}), deny], source('development'), service)).toEqual({
      ...{ allow: false, reason: 'access_denied', policy: 'a/no-development' },
      words: 'a/no-development denies service account a of namespace a in development',
    });
    const closed = policy({ name: 'a/typo', closed: 'spec.alow: unknown field' });
    expect(decideAccess([deny, closed], source('b'), service)).toMatchObject({
      ...{ policy: 'a/typo', words: expect.stringContaining('spec.alow: unknown field') as string },
    });
  });
});
