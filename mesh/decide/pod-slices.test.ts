import { describe, expect, it } from 'vitest';
import type { PodSlice } from '../model/service.ts';
import { boundedSlices, wrongPodSlices } from './pod-slices.ts';

const http = { name: 'http', protocol: 'TCP', port: 8080 };
const pod = (address: string): PodSlice['pods'][number] => ({ address, ready: true });
const slice = (more: Partial<PodSlice>): PodSlice => ({ ports: [http], pods: [pod('10.1.0.7')], ...more });
const many = (count: number): PodSlice['pods'] =>
  Array.from({ length: count }, (_, i) => pod(`10.1.${i >> 8}.${i & 255}`));

describe('addresses of pods that a peer states', () => {
  it('are taken when others can dial them', () => {
    expect(wrongPodSlices([slice({}), slice({ pods: [pod('fd12::7')] })])).toBeUndefined();
    expect(wrongPodSlices([slice({ pods: many(1000) })])).toBeUndefined();
  });

  it.each([
    ['127.0.0.1'],
    ['169.254.169.254'],
    ['224.0.0.1'],
    ['0.0.0.0'],
    ['::1'],
    ['::ffff:127.0.0.1'],
    ['::ffff:10.1.0.7'],
    ['FD00::1'],
    ['fd00:0::1'],
    ['cart.shop'],
    [''],
  ])('are refused when they are %s', (address) => {
    expect(wrongPodSlices([slice({ pods: [pod(address)] })])).toMatchObject({
      field: 'podSlices.pods.address',
    });
  });

  it.each([
    ['ports.name', { ports: [{ ...http, name: 'No_Name' }] }],
    ['ports.name', { ports: [http, { ...http, port: 8081 }] }],
    ['ports.protocol', { ports: [{ ...http, protocol: 'ICMP' }] }],
    ['ports.port', { ports: [{ ...http, port: 70_000 }] }],
    ['pods.hostname', { pods: [{ ...pod('10.1.0.7'), hostname: 'a.b' }] }],
  ])('are refused with a wrong %s', (field, more) => {
    expect(wrongPodSlices([slice(more)])).toMatchObject({ kind: 'form', field: `podSlices.${field}` });
  });

  it.each([
    ['podSlices', Array.from({ length: 17 }, () => slice({}))],
    ['podSlices.pods', [slice({ pods: many(600) }), slice({ pods: many(401) })]],
    [
      'podSlices.ports',
      [slice({ ports: Array.from({ length: 65 }, (_, i) => ({ ...http, name: `p${i}` })) })],
    ],
  ])('are refused with too many %s', (field, slices) => {
    expect(wrongPodSlices(slices)).toMatchObject({ kind: 'count', field });
  });
});

describe('addresses of pods that go to others', () => {
  it('are those that others would take', () => {
    const slices = [slice({ pods: [pod('127.0.0.1'), ...many(700)] }), slice({ pods: many(700) })];
    const bounded = boundedSlices(slices);
    expect(bounded.map(({ pods }) => pods.length)).toEqual([700, 300]);
    expect(wrongPodSlices(bounded)).toBeUndefined();
    expect(boundedSlices([slice({ pods: [pod('127.0.0.1')] })])).toEqual([]);
  });
});
