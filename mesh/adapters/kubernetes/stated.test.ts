import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ApiObject } from './api-object.ts';
import { SERVICES } from './resources.ts';
import { isStated } from './stated.ts';
import { createMemoryApi } from './testing/memory-api.ts';

type Fields = Readonly<Record<string, unknown>>;

const CART = { namespace: 'shop', name: 'cart' };

describe('an object says what is applied', () => {
  const port = { port: 80, protocol: 'TCP', name: 'http' };
  const applied = { metadata: { labels: { app: 'cart' } }, spec: { ports: [port], type: 'ClusterIP' } };
  const owned = {
    'f:metadata': { 'f:labels': { 'f:app': {} } },
    'f:spec': { 'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:name': {} } }, 'f:type': {} },
  };
  const held = (fieldsV1: object, entry: object = {}): ApiObject => ({
    ...applied,
    metadata: {
      ...{ ...CART, ...applied.metadata },
      managedFields: [{ manager: 'isthmus', operation: 'Apply', fieldsV1, ...entry }],
    },
  });
  const stale = { ...owned, 'f:spec': { ...owned['f:spec'], 'f:sessionAffinity': {} } };

  it.each<[string, ApiObject, boolean]>([
    ['as an API server keeps it', held(owned), true],
    ['without a word of who owns what', { ...applied, metadata: { ...CART, ...applied.metadata } }, true],
    ['but a field of before is left', held(stale), false],
    ['and a field of somebody else is more', held(stale, { manager: 'kubectl' }), true],
    ['and a field of before that was no apply is more', held(stale, { operation: 'Update' }), true],
    ['and its status, which is applied by itself, is more', held(stale, { subresource: 'status' }), true],
    ['but an item of before is left', held({ 'f:spec': { 'f:ports': { 'k:{"port":81}': {} } } }), false],
    ['but who owns what is nonsense', held({ 'f:spec': { 'f:ports': { 'k:{': 7 } } }), false],
    ['and who owns what is no map', held([]), true],
  ])('%s', (_what, object, isSo) => {
    expect(isStated(object, applied)).toBe(isSo);
  });
});

describe('what is applied', () => {
  const some = (...names: readonly string[]): fc.Arbitrary<Fields> =>
    fc.dictionary(fc.constantFrom(...names), fc.constantFrom('x', 'y'), { minKeys: 1 });
  const metadata = fc.record({ labels: some('a', 'b') });
  const conditions = fc
    .uniqueArray(fc.constantFrom('Valid', 'Ready', 'Conflict'), { minLength: 1 })
    .chain((types) => fc.tuple(...types.map((type) => some('reason').map((said) => ({ type, ...said })))));
  const fields = fc.oneof(
    fc.record({ metadata, spec: some('c', 'd') }).map((all) => ({ all })),
    conditions.map((list) => ({ all: { status: { conditions: list } }, subresource: 'status' as const })),
  );
  const content = (object: ApiObject | undefined): unknown =>
    object && { ...object, metadata: { ...object.metadata, managedFields: [], resourceVersion: '' } };

  it('would change nothing where it is stated, and something where it is not', () => {
    const applies = fc.array(fc.tuple(fc.constantFrom('isthmus', 'kubectl'), fields), { maxLength: 6 });
    fc.assert(
      fc.property(applies, (drawn) => {
        const api = createMemoryApi();
        for (const [manager, { all, ...part }] of drawn) {
          const before = api.object(SERVICES, CART);
          api.apply(manager, { kind: SERVICES, ...CART, ...part, fields: all });
          const after = api.object(SERVICES, CART);
          if (manager !== 'isthmus') continue;
          const { subresource } = { subresource: undefined, ...part };
          if (isStated(before, all, subresource)) expect(content(after)).toEqual(content(before));
          else expect(after).not.toEqual(before);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
