import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatFieldPath } from './field-path.ts';
import { parseManifest, type FaultyManifest, type ParsedManifest } from './parse-manifest.ts';

const place = { region: 'eu', zone: 'eu-1' };
const V1 = 'isthmus.dev/v1alpha1';
type Fields = Readonly<Record<string, unknown>>;

const document = (kind: string, spec: unknown, metadata: Fields = {}): Fields => ({
  ...{ apiVersion: V1, kind, metadata: { name: 'rule', namespace: 'shop', ...metadata }, spec },
});
const access = (spec: Fields, metadata?: Fields): Fields => document('AccessPolicy', spec, metadata);
const failover = (spec: Fields): Fields =>
  document('FailoverPolicy', { targetRef: { kind: 'Service', name: 'cart' }, ...spec });
const exported = (metadata: Fields): Fields => ({
  ...{ apiVersion: 'multicluster.x-k8s.io/v1beta1', kind: 'ServiceExport', metadata },
});
const from = (...sources: readonly Fields[]): Fields => ({ from: sources });

function parsed(value: unknown): ParsedManifest {
  const outcome = parseManifest(value, place);
  if (outcome.kind === 'faulty')
    expect.fail(`faulty: ${outcome.faults.map(({ message }) => message).join('; ')}`);
  return outcome.manifest;
}

function faulty(value: unknown): FaultyManifest {
  const outcome = parseManifest(value, place);
  if (outcome.kind !== 'faulty') expect.fail('no fault was found');
  return outcome;
}

const fieldsAtFault = (value: unknown): string[] =>
  faulty(value).faults.map(({ path }) => formatFieldPath(path));

describe('a failover policy', () => {
  it('says what it says, and the default says the rest', () => {
    const spec = {
      levels: [{ zone: 'same' }, { clusters: ['west', { name: 'north', weight: 3 }] }, { others: 'all' }],
      ...{ threshold: 80, cap: 150, overflow: 'shed', failback: { ramp: '2m' } },
    };
    expect(parsed(failover(spec))).toMatchObject({
      target: 'shop/cart',
      policy: {
        ...{ threshold: 80, cap: 150, overflow: 'shed', panic: 50 },
        failback: { rampMs: 120_000, holdMs: 10_000 },
        levels: [
          { kind: 'zone' },
          {
            kind: 'clusters',
            clusters: [
              { name: 'west', weight: 1 },
              { name: 'north', weight: 3 },
            ],
          },
          { kind: 'others' },
        ],
      },
    });
  });

  it.each([
    ['threshold', [1, 71.4, 100], [0, 0.9, 100.1, '50', null]],
    ['cap', [1, 1000], [0.9, 1001]],
    ['panic', [0, 100], [-0.1, 100.1]],
    ['overflow', ['keep', 'shed'], ['drop', '']],
  ])('takes a %s within its bounds, and no other', (field, good, bad) => {
    for (const value of good) parsed(failover({ [field]: value }));
    for (const value of bad) expect(fieldsAtFault(failover({ [field]: value }))).toEqual([`spec.${field}`]);
  });

  it.each([
    ['no field', {}, ''],
    ['two fields', { zone: 'same', region: 'same' }, ''],
    ['a weight of nothing', { clusters: [{ name: 'west', weight: 0 }] }, '.clusters[0]'],
    ['a weight over 1000', { clusters: [{ name: 'west', weight: 1001 }] }, '.clusters[0]'],
    ['a weight and a typo', { regions: [{ name: 'eu', wieght: 2 }] }, '.regions[0]'],
    ['a cluster twice', { clusters: ['west', { name: 'west', weight: 2 }] }, '.clusters[1]'],
    ['another zone', { zone: 'eu-1' }, '.zone'],
  ])('refuses a level with %s', (_, level, field) => {
    expect(fieldsAtFault(failover({ levels: [level] }))).toEqual([`spec.levels[0]${field}`]);
  });

  it.each(['30', '1.5s', '25h', '-1s', '', '10000s'])('refuses %j as a duration', (ramp) => {
    expect(fieldsAtFault(failover({ failback: { ramp } }))).toEqual(['spec.failback.ramp']);
  });
});

describe('an access policy (S12)', () => {
  it('says whom it allows and denies', () => {
    const spec = {
      targetRef: { kind: 'Service', name: 'cart' },
      allow: [from({ cluster: ['east', 'west'], namespace: 'shop' })],
      deny: [from({ serviceAccount: 'web' })],
    };
    expect(parsed(access(spec))).toMatchObject({
      policy: {
        ...{ name: 'shop/rule', namespace: 'shop', target: 'shop/cart' },
        allow: [{ from: [{ clusters: ['east', 'west'], namespaces: ['shop'] }] }],
        deny: [{ from: [{ serviceAccounts: ['web'] }] }],
      },
    });
  });

  it.each([
    ['says nothing', access({}), 'spec'],
    ['allows an empty list', access({ allow: [] }), 'spec.allow'],
    ['allows from nowhere', access({ allow: [from()] }), 'spec.allow[0].from'],
    ['allows an empty source', access({ allow: [from({})] }), 'spec.allow[0].from[0]'],
    ['allows by a pattern', access({ allow: [from({ cluster: 'w*' })] }), 'spec.allow[0].from[0].cluster'],
    ['allows nobody by name', access({ allow: [from({ cluster: [] })] }), 'spec.allow[0].from[0].cluster'],
    ['has a field of the future', access({ deny: [from({ cluster: 'a' })], audit: true }), 'spec.audit'],
    ['has a typo in a source', access({ deny: [from({ clusters: 'a' })] }), 'spec.deny[0].from[0].clusters'],
    [
      'has a typo in its namespace',
      access({ deny: [from({ cluster: 'a' })] }, { nmespace: 'shop' }),
      'metadata.nmespace',
    ],
  ])('that %s is refused, and closes what it selects', (_, value, field) => {
    expect(fieldsAtFault(value)).toEqual([field]);
    expect(faulty(value).closes).toMatchObject({ name: 'rule', namespace: 'shop' });
  });

  it('closes in every version of the kind, however it is spelled', () => {
    const spec = { targetRef: { kind: 'Service', name: 'cart' }, allow: [from({ cluster: 'a' })] };
    for (const kind of ['AccessPolicy', 'accesspolicy', ' AccessPolicy '])
      expect(faulty({ ...access(spec), kind, apiVersion: 'isthmus.dev/v2' })).toMatchObject({
        unsupported: true,
        closes: { namespace: 'shop', target: 'cart' },
      });
  });
});

describe('any manifest', () => {
  it.each(['kube-system', 'kube-public', 'isthmus-system'])('leaves %s alone (S27)', (namespace) => {
    expect(fieldsAtFault(exported({ name: 'cart', namespace }))).toEqual(['metadata.namespace']);
    const itself = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
    expect(fieldsAtFault(itself)).toEqual(['metadata.name']);
  });

  it('is told apart from others by kind, namespace and name', () => {
    expect(parsed(exported({ name: 'cart', namespace: 'shop' })).id).toBe('ServiceExport/shop/cart');
    expect(parsed(exported({ name: 'cart' })).id).toBe('ServiceExport/default/cart');
    expect(faulty(failover({ threshold: 0 })).id).toBe('FailoverPolicy/shop/rule');
  });

  it('is parsed or faulty, with a fault that names a field, whatever it holds', () => {
    const kind = fc.constantFrom('AccessPolicy', 'FailoverPolicy', 'Service', 'EndpointSlice', 'Namespace');
    const apiVersion = fc.constantFrom(V1, 'v1', 'discovery.k8s.io/v1');
    fc.assert(
      fc.property(kind, apiVersion, fc.anything(), fc.anything(), (one, version, metadata, spec) => {
        const outcome = parseManifest({ apiVersion: version, kind: one, metadata, spec }, place);
        if (outcome.kind === 'faulty') expect(outcome.faults.length).toBeGreaterThan(0);
      }),
    );
  });
});
