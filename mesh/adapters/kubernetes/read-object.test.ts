import { describe, expect, it } from 'vitest';
import { readObject } from './read-object.ts';
import { ACCESS_POLICIES, FAILOVER_POLICIES, RESOURCES, SERVICE_EXPORTS } from './resources.ts';

const place = { region: 'eu', zone: 'eu-1' };
const metadata = { namespace: 'kube-system', name: 'kube-dns', generation: 2 };

it.each(RESOURCES.filter(({ kind }) => kind !== 'EndpointSlice'))(
  'a $kind is read whatever its labels and annotations say, which are for EndpointSlices',
  (resource) => {
    const targetRef = { kind: 'Service', name: 'cart' };
    const specs: Readonly<Record<string, object>> = {
      Service: { ports: [{ port: 80 }] },
      FailoverPolicy: { targetRef },
      AccessPolicy: { targetRef, allow: [{ from: [{ cluster: 'west' }] }] },
    };
    const of = (more: object): unknown => {
      const isWide = resource.kind === 'Namespace';
      const where = isWide ? { name: 'shop' } : { namespace: 'shop', name: 'cart' };
      const spec = specs[resource.kind];
      return readObject(resource, { metadata: { ...where, ...more }, ...(spec && { spec }) }, place);
    };
    const labels = { 'kubernetes.io/service-name': 'A_b' };
    const annotations = { 'isthmus.dev/service-account': 'x'.repeat(200_000) };
    expect(of({ labels, annotations })).toEqual(of({}));
    expect(of({})).toMatchObject({ kind: 'parsed' });
  },
);

describe('an object of a system namespace', () => {
  it('is read if it is an export, so that its owner can be told that it offers nothing', () => {
    expect(readObject(SERVICE_EXPORTS, { metadata }, place)).toMatchObject({
      kind: 'parsed',
      manifest: { kind: 'export', service: 'kube-system/kube-dns', generation: 2 },
    });
  });

  it.each([FAILOVER_POLICIES, ACCESS_POLICIES])(
    'is read if it is a policy, so that its owner can be told that it holds for nothing: $kind',
    (resource) => {
      const message = 'kube-system is a system namespace, which the mesh leaves alone';
      expect(readObject(resource, { metadata, spec: { targetRef: 7 } }, place)).toEqual({
        ...{ kind: 'faulty', unsupported: false, id: `${resource.kind}/kube-system/kube-dns` },
        faults: [{ path: ['metadata', 'namespace'], message }],
      });
    },
  );

  it('is left alone otherwise', () => {
    for (const kind of ['Namespace', 'Service', 'EndpointSlice']) {
      const resource = RESOURCES.find((one) => one.kind === kind)!;
      expect(readObject(resource, { metadata, spec: { ports: [{ port: 53 }] } }, place)).toBeUndefined();
    }
  });
});
