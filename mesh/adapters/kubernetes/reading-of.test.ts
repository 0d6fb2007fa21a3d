import { expect, it } from 'vitest';
import { readObject } from './read-object.ts';
import { readingOf } from './reading-of.ts';
import { ACCESS_POLICIES, FAILOVER_POLICIES, type Resource } from './resources.ts';

const targetRef = { kind: 'Service', name: 'cart' };
const allow = [{ from: [{ cluster: 'west' }] }];

it.each<[string, Resource, object, string | undefined]>([
  ['a FailoverPolicy', FAILOVER_POLICIES, { targetRef }, 'shop/cart'],
  ['an AccessPolicy', ACCESS_POLICIES, { targetRef, allow }, 'shop/cart'],
  ['an AccessPolicy for its whole namespace', ACCESS_POLICIES, { allow }, undefined],
])('the reading of %s says what it is about', (_what, resource, spec, target) => {
  const object = { metadata: { namespace: 'shop', name: 'one' }, spec };
  const outcome = readObject(resource, object, { region: 'eu', zone: 'eu-1' })!;
  expect(readingOf(resource, object, outcome)).toMatchObject({ faults: [], name: 'one' });
  expect(readingOf(resource, object, outcome)?.target).toBe(target);
});
