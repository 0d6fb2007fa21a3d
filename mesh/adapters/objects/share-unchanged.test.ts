import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ClusterObjects } from '../../ports/resource-store.ts';
import { shareUnchanged } from './share-unchanged.ts';

type Content = Parameters<typeof shareUnchanged>[0];

const keys = fc.constantFrom('shop/cart', 'shop/till', 'crm/mail');
const mapOf = (value: fc.Arbitrary<unknown>): fc.Arbitrary<Map<string, unknown>> =>
  fc.array(fc.tuple(keys, value), { maxLength: 3 }).map((entries) => new Map(entries));
const value = fc.record({ port: fc.integer({ min: 80, max: 81 }), names: fc.array(keys, { maxLength: 2 }) });
const names = fc.array(keys, { maxLength: 3 }).map((list) => new Set(list));
const content = fc.record({
  ...{ namespaces: names, services: mapOf(value), endpoints: mapOf(fc.array(value, { maxLength: 2 })) },
  ...{ exports: mapOf(value), failover: mapOf(value), access: fc.array(value, { maxLength: 2 }) },
  faults: fc.array(fc.record({ code: keys, message: keys }), { maxLength: 2 }),
  ...{ podSlices: mapOf(value), unreadyAddresses: names },
}) as unknown as fc.Arbitrary<Content>;

it('has the content of the next state, and of the last one whatever is the same', () => {
  fc.assert(
    fc.property(content, content, (before, next) => {
      const shared = shareUnchanged(before, next);
      expect(shared).toEqual(next);
      for (const [key, service] of shared.services)
        if (JSON.stringify(before.services.get(key)) === JSON.stringify(service))
          expect(service).toBe(before.services.get(key));
    }),
  );
});

it('is the last state itself when nothing is different', () => {
  fc.assert(
    fc.property(content, (before) => {
      expect(shareUnchanged(before, structuredClone(before))).toBe(before);
    }),
  );
});

it('sees no difference in what caused a fault', () => {
  const [state] = fc.sample(content, 1) as [ClusterObjects];
  const broken = (why: string): Content => ({
    ...state,
    faults: [{ code: 'io_failed', subject: 'a.yaml', message: 'cannot be read', cause: { why } }],
  });
  const before = broken('once');
  expect(shareUnchanged(before, broken('again'))).toBe(before);
});
