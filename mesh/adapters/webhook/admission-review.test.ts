import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allow, ownerOf, parseReview } from './admission-review.ts';
import { podOf, reviewOf } from './testing/pod-review.ts';

describe('a review of an API server', () => {
  it('is read: who asks, where, and for which pod', () => {
    const pod = podOf();
    expect(parseReview(reviewOf(pod))).toEqual({
      ok: true,
      value: { uid: '705ab4f5-6393-11e8-b7cc-42010a800002', namespace: 'shop', pod },
    });
  });

  it.each([
    ['apiVersion', { ...reviewOf(podOf()), apiVersion: 'admission.k8s.io/v1beta1' }],
    ['apiVersion', undefined],
    ['request', { ...reviewOf(podOf()), request: undefined }],
    ['request.uid', reviewOf(podOf(), { uid: '' })],
    ['request.uid', reviewOf(podOf(), { uid: 'x'.repeat(129) })],
    ['request.kind', reviewOf(podOf(), { kind: { group: 'apps', version: 'v1', kind: 'Deployment' } })],
    ['request.operation', reviewOf(podOf(), { operation: 'UPDATE' })],
    ['request.operation', reviewOf(podOf(), { subResource: 'ephemeralcontainers' })],
    ['request.namespace', reviewOf(podOf(), { namespace: '../kube-system' })],
    ['request.object', reviewOf(null)],
    ['request.object.metadata', reviewOf({ spec: {} })],
    ['request.object.spec', reviewOf({ metadata: {}, spec: [] })],
  ])('is refused where %s is not as it must be', (field, body) => {
    expect(parseReview(body)).toMatchObject({ ok: false, error: { code: 'invalid_manifest', field } });
  });

  it('of any form whatever is read or refused', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.dictionary(fc.string(), fc.jsonValue()), (body, request) => {
        expect(parseReview(body).ok).toBe(false);
        expect(typeof parseReview(reviewOf(podOf(), request)).ok).toBe('boolean');
      }),
    );
  });
});

it('an answer admits the pod, repeats the uid, and keeps a warning to one line that can be shown', () => {
  expect(allow('u', { warning: `no\u001b[31m sidecar${'x'.repeat(1000)}\nmore` })).toEqual({
    ...{ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' },
    response: {
      uid: 'u',
      allowed: true,
      warnings: [`no?[31m sidecar${'x'.repeat(240 - 'no?[31m sidecar'.length)}`],
    },
  });
  const patch = [{ op: 'add', path: '/spec/volumes', value: [] }] as const;
  expect(allow('u', { patch })).toMatchObject({
    response: {
      allowed: true,
      patchType: 'JSONPatch',
      patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
    },
  });
});

const owner = (kind: string, name: unknown, controller = true): object => ({ kind, name, controller });

it.each([
  [
    'a Deployment',
    'cart',
    { labels: { 'pod-template-hash': '6d8f' }, ownerReferences: [owner('ReplicaSet', 'cart-6d8f')] },
  ],
  ['a ReplicaSet by itself', 'cart-6d8f', { ownerReferences: [owner('ReplicaSet', 'cart-6d8f')] }],
  ['a StatefulSet', 'db', { name: 'db-0', ownerReferences: [owner('StatefulSet', 'db')] }],
  ['a CronJob', 'report', { ownerReferences: [owner('Job', 'report-29384756')] }],
  ['a Job', 'report-1', { ownerReferences: [owner('Job', 'report-1')] }],
  ['nobody', 'cart', { name: 'cart' }],
  ['nobody, with a name to come', 'cart', { generateName: 'cart-' }],
  ['nobody who controls it', 'cart', { name: 'cart', ownerReferences: [owner('Node', 'n', false), null, 7] }],
  ['nobody, and is nameless', '', {}],
])('a pod of %s is one of %s', (_whose, name, metadata) => {
  expect(ownerOf(metadata)).toBe(name);
});
