import { describe, expect, it } from 'vitest';
import type { ServiceImport } from '../../model/multicluster.ts';
import type { ClusterName, ServiceKey } from '../../model/names.ts';
import type { PodAddress } from '../../model/service.ts';
import { clustersetObjects, derivedName } from './clusterset-objects.ts';

const key = 'shop/cart' as ServiceKey;
const ports = [{ name: 'http', protocol: 'TCP', port: 80, appProtocol: 'http' }];
const wanted: ServiceImport = {
  ...{ key, traits: { type: 'ClusterSetIP', ports }, labels: {}, annotations: {} },
  ...{ clusters: ['east' as ClusterName], slices: [], hosts: [] },
};
const from = (cluster: string, pods: readonly PodAddress[]): ServiceImport['slices'][number] => ({
  cluster: cluster as ClusterName,
  slice: { ports: [{ name: 'http', protocol: 'TCP', port: 8080 }], pods },
});
const pod = (address: string): PodAddress => ({ address, ready: true });

describe('what stands behind a clusterset IP', () => {
  it('is named after the service: base32hex of the SHA-256 of namespace and name', () => {
    // printf 'shop/cart' | sha256sum | xxd -r -p | basenc --base32hex | head -c 10 | tr A-Z a-z
    expect(derivedName(key)).toBe('derived-bsqa4s8pq5');
  });

  it('is a Service without a selector, and one slice for each source cluster and family', () => {
    const slices = [from('east', [pod('10.1.0.7'), pod('fd00::7')]), from('west', [pod('10.2.0.7')])];
    const [service, ...rest] = clustersetObjects({ ...wanted, slices });
    expect(service).toMatchObject({ kind: { kind: 'Service' }, namespace: 'shop', name: derivedName(key) });
    expect(service?.spec).not.toHaveProperty('selector');
    expect(
      rest.map(({ name, labels, rest: fields }) => [
        name,
        labels?.['multicluster.kubernetes.io/source-cluster'],
        fields?.['addressType'],
      ]),
    ).toEqual([
      [`${derivedName(key)}-east-0`, 'east', 'IPv4'],
      [`${derivedName(key)}-east-1`, 'east', 'IPv6'],
      [`${derivedName(key)}-west-0`, 'west', 'IPv4'],
    ]);
  });

  it('has no more endpoints in a slice than the API takes', () => {
    const pods = Array.from({ length: 2001 }, (_, i) => pod(`10.1.${i >> 8}.${i & 255}`));
    const sizes = clustersetObjects({ ...wanted, slices: [from('east', pods)] })
      .slice(1)
      .map(({ rest }) => (rest?.['endpoints'] as unknown[]).length);
    expect(sizes).toEqual([1000, 1000, 1]);
  });

  it('is a Service for each pod of another network where the import is headless, which DNS has no name for', () => {
    const traits = { ...wanted.traits, type: 'Headless' } as const;
    const host = {
      ...{ key: 'shop/cart-0.west.cart' as ServiceKey, ips: [] },
      ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
      proxies: [{ ports: [{ name: 'http', protocol: 'TCP', port: 20_000 }], pods: [pod('10.1.0.2')] }],
    };
    const [service, slice, more] = clustersetObjects({ ...wanted, traits, hosts: [host] });
    const name = derivedName(host.key);
    expect(service).toMatchObject({ kind: { kind: 'Service' }, namespace: 'shop', name });
    expect(service?.spec).toMatchObject({ type: 'ClusterIP', ports: [{ name: 'http', port: 8080 }] });
    expect(service?.spec).not.toHaveProperty('selector');
    expect(slice).toMatchObject({
      labels: { 'kubernetes.io/service-name': name },
      rest: { ports: [{ name: 'http', port: 20_000 }], endpoints: [{ addresses: ['10.1.0.2'] }] },
    });
    for (const { labels } of [service!, slice!])
      expect(Object.keys(labels ?? {}).some((label) => label.startsWith('multicluster.'))).toBe(false);
    expect(more).toBeUndefined();
  });

  it('is slices alone, of no Service, where the import is headless', () => {
    const traits = { ...wanted.traits, type: 'Headless' } as const;
    const pods = [{ ...pod('10.1.0.7'), hostname: 'cart-0' }];
    const [slice, more] = clustersetObjects({ ...wanted, traits, slices: [from('east', pods)] });
    expect(more).toBeUndefined();
    expect(slice?.labels).not.toHaveProperty('kubernetes.io/service-name');
    expect(slice?.rest?.['endpoints']).toEqual([
      { addresses: ['10.1.0.7'], hostname: 'cart-0', conditions: { ready: true } },
    ]);
  });
});
