import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WorkloadIdentity } from '../../model/identity.ts';
import type { ServiceKey } from '../../model/names.ts';
import type { AccessPolicy, SourceMatch } from '../../model/policy.ts';
import { decideAccess } from './decide-access.ts';

const names = ['a', 'b'] as const;
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

  it('agrees with a plain oracle (S12)', () => {
    const some = fc.option(fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 }), { nil: undefined });
    const match = fc
      .record({ clusters: some, namespaces: some, serviceAccounts: some })
      .map((m) => JSON.parse(JSON.stringify(m)) as SourceMatch);
    const rule = fc.record({ from: fc.array(match, { maxLength: 2 }) });
    const anyPolicy = fc.record({
      target: fc.constantFrom(undefined, 'a/b', 'a/c'),
      allow: fc.array(rule, { maxLength: 2 }),
      deny: fc.array(rule, { maxLength: 2 }),
      closed: fc.constantFrom(undefined, undefined, undefined, 'broken'),
    });
    fc.assert(
      fc.property(
        fc.array(anyPolicy, { maxLength: 3 }),
        fc.tuple(...names.map(() => fc.constantFrom(...names)), fc.constantFrom(...names)),
        (drafts, [c, n, s]) => {
          const policies = drafts.map((d) => policy(JSON.parse(JSON.stringify(d)) as AccessPolicy));
          const selected = policies.filter((p) => p.target === undefined || p.target === 'a/b');
          const hit = (m: SourceMatch): boolean =>
            JSON.stringify(m) !== '{}' &&
            (!m.clusters || m.clusters.includes(c)) &&
            (!m.namespaces || m.namespaces.includes(n!)) &&
            (!m.serviceAccounts || m.serviceAccounts.includes(s!));
          const hits = (side: 'allow' | 'deny'): boolean =>
            selected.some((p) => p[side].some((r) => r.from.some(hit)));
          const expected =
            !selected.some((p) => p.closed) &&
            !hits('deny') &&
            (hits('allow') || !selected.some((p) => p.allow.length));
          expect(decideAccess(policies, source(c, n, s), service).allow).toBe(expected);
        },
      ),
      { numRuns: 20_000 },
    );
  });
});
