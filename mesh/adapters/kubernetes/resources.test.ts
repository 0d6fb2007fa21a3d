import { describe, expect, it } from 'vitest';
import { addressesOf, ENDPOINT_SLICES, SERVICES } from './resources.ts';

const slice = (metadata: { namespace: string; name: string }, endpoint: object) => ({
  ...{ metadata, addressType: 'IPv4', endpoints: [{ addresses: ['10.1.0.7'], ...endpoint }] },
});
const cart = { namespace: 'shop', name: 'cart-x2v7p' };

describe('addresses of this cluster', () => {
  it('are those of pods, of Services and of the API server', () => {
    const pod = { targetRef: { kind: 'Pod', namespace: 'shop', name: 'cart-0' } };
    expect(addressesOf(ENDPOINT_SLICES, slice(cart, pod))).toEqual(['10.1.0.7']);
    const apiServer = { namespace: 'default', name: 'kubernetes' };
    expect(addressesOf(ENDPOINT_SLICES, slice(apiServer, {}))).toEqual(['10.1.0.7']);
    const service = { metadata: cart, spec: { clusterIPs: ['10.96.0.9', 'fd00::9'] } };
    expect(addressesOf(SERVICES, service)).toEqual(['10.96.0.9', 'fd00::9']);
  });

  it('are not those that a slice names without a pod', () => {
    expect(addressesOf(ENDPOINT_SLICES, slice(cart, {}))).toEqual([]);
    expect(addressesOf(ENDPOINT_SLICES, slice(cart, { targetRef: { kind: 'Node', name: 'a' } }))).toEqual([]);
  });
});
