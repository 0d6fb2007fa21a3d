/** What every ResourceStore does, whatever keeps the objects: a folder of manifests, or a real API server. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { formatFault } from '../model/fault.ts';
import type { Namespace, ServiceKey } from '../model/names.ts';
import type { ResourceStore } from './resource-store.ts';

/** As YAML would state it. */
export interface StatedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

export interface StoreUnderTest {
  readonly store: ResourceStore;
  /** States the object, or changes it, as its owner would. */
  apply(object: StatedObject): Promise<void>;
  remove(object: StatedObject): Promise<void>;
  /** Another store of the same objects, as after a restart. */
  reopen(): ResourceStore;
  close(): Promise<void>;
}

const cart = 'shop/cart' as ServiceKey;

export const SHOP: StatedObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };

function service(name: string, port = 80): StatedObject {
  const spec = { ports: [{ name: 'http', port, targetPort: 8080, appProtocol: 'http' }] };
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'shop' }, spec };
}

function entries(addresses: readonly string[]): StatedObject {
  return {
    ...{ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4' },
    metadata: {
      ...{ name: 'cart-static', namespace: 'shop' },
      labels: { 'kubernetes.io/service-name': 'cart' },
      annotations: { 'isthmus.dev/service-account': 'cart' },
    },
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
    ports: [{ port: 15006 }],
  };
}

function failover(levels: readonly unknown[]): StatedObject {
  return {
    ...{ apiVersion: 'isthmus.dev/v1alpha1', kind: 'FailoverPolicy' },
    metadata: { name: 'cart', namespace: 'shop' },
    spec: { targetRef: { kind: 'ServiceImport', name: 'cart' }, levels },
  };
}

function access(spec: unknown): StatedObject {
  const metadata = { name: 'cart', namespace: 'shop' };
  return { apiVersion: 'isthmus.dev/v1alpha1', kind: 'AccessPolicy', metadata, spec };
}

export function resourceStoreContract(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`${name} as a resource store`, () => {
    let under: StoreUnderTest;
    let store: ResourceStore;
    beforeEach(async () => {
      under = await open();
      ({ store } = under);
      await under.apply(SHOP);
    });
    afterEach(() => under.close());

    const eventually = (check: () => void): Promise<void> =>
      vi.waitFor(check, { timeout: 5000, interval: 10 });
    const portOf = (key: ServiceKey): number | undefined =>
      store.snapshot().services.get(key)?.ports[0]?.port;

    it('has what is there when it has started, and sees objects come, change and go', async () => {
      await under.apply(service('cart'));
      await store.start();
      expect(store.snapshot().services.get(cart)?.ports).toEqual([
        { name: 'http', port: 80, targetPort: 8080, appProtocol: 'http' },
      ]);
      await under.apply(service('cart', 81));
      await eventually(() => expect(portOf(cart)).toBe(81));
      await under.apply(service('web'));
      await eventually(() => expect(portOf('shop/web' as ServiceKey)).toBe(80));
      await under.remove(service('cart'));
      await eventually(() => expect(portOf(cart)).toBeUndefined());
      expect(portOf('shop/web' as ServiceKey)).toBe(80);
    });

    it('knows which namespaces there are', async () => {
      await store.start();
      const crm: StatedObject = { ...SHOP, metadata: { name: 'crm' } };
      await under.apply(crm);
      await eventually(() =>
        expect([...store.snapshot().namespaces]).toEqual(expect.arrayContaining(['crm', 'shop'])),
      );
      await under.remove(crm);
      await eventually(() => expect(store.snapshot().namespaces.has('crm' as Namespace)).toBe(false));
    });

    it('reads the workload entries of a service', async () => {
      await under.apply(service('cart'));
      await under.apply(entries(['10.9.0.1', '10.9.0.2']));
      await store.start();
      expect(store.snapshot().endpoints.get(cart)).toMatchObject([
        { address: '10.9.0.1', port: 15_006, ready: true, serviceAccount: 'cart', zone: 'eu-1' },
        { address: '10.9.0.2', port: 15_006, ready: true, serviceAccount: 'cart', zone: 'eu-1' },
      ]);
      await under.apply(entries(['10.9.0.2']));
      await eventually(() => expect(store.snapshot().endpoints.get(cart)).toHaveLength(1));
    });

    it('exports and unexports once, and keeps the time of the first', async () => {
      await under.apply(service('cart'));
      await store.start();
      expect(await store.applyExport(cart)).toEqual({ ok: true, value: { created: true } });
      const createdAt = store.snapshot().exports.get(cart)?.createdAt;
      expect(Math.abs(Date.now() - (createdAt ?? 0))).toBeLessThan(60_000);
      expect(await store.applyExport(cart)).toEqual({ ok: true, value: { created: false } });
      const again = under.reopen();
      await again.start();
      expect(again.snapshot().exports.get(cart)?.createdAt).toBe(createdAt);
      await again.stop();
      expect(await store.removeExport(cart)).toEqual({ ok: true, value: { removed: true } });
      await eventually(() => expect(store.snapshot().exports.size).toBe(0));
      expect(await store.removeExport(cart)).toEqual({ ok: true, value: { removed: false } });
    });

    it('exports nothing of a system namespace', async () => {
      await store.start();
      const refused = await store.applyExport('kube-system/kube-dns' as ServiceKey);
      expect(refused.ok ? '' : refused.error.code).toBe('namespace_absent');
      expect(store.snapshot().exports.size).toBe(0);
    });

    it('counts the changes of a failover policy, and keeps the last good one', async () => {
      await under.apply(failover([{ cluster: 'same' }]));
      await store.start();
      const first = store.snapshot().failover.get(cart);
      expect(first?.levels).toEqual([{ kind: 'cluster' }]);
      await under.apply(failover([{ others: 'all' }]));
      await eventually(() =>
        expect(store.snapshot().failover.get(cart)?.levels).toEqual([{ kind: 'others' }]),
      );
      const second = store.snapshot().failover.get(cart);
      expect(second?.generation).toBeGreaterThan(first?.generation ?? Infinity);
      await under.apply(failover([{ clusters: ['Not A Name'] }]));
      await eventually(() => expect(store.snapshot().faults).toHaveLength(1));
      expect(formatFault(store.snapshot().faults[0]!)).toContain('spec.levels[0].clusters[0]');
      expect(store.snapshot().failover.get(cart)).toEqual(second);
    });

    it('closes what an access policy selects while it cannot be read (S12)', async () => {
      const good = access({
        targetRef: { kind: 'Service', name: 'cart' },
        allow: [{ from: [{ cluster: 'west' }] }],
      });
      const closedNow = (): unknown[] => store.snapshot().access.map(({ closed }) => closed);
      await under.apply(good);
      await store.start();
      expect(closedNow()).toEqual([undefined]);
      await under.apply(
        access({ targetRef: { kind: 'Service', name: 'cart' }, allow: [{ from: [{ cluster: 'W/est' }] }] }),
      );
      await eventually(() =>
        expect(store.snapshot().access).toMatchObject([
          { target: cart, closed: expect.stringContaining('spec.allow[0].from[0].cluster') as string },
        ]),
      );
      await under.apply(good);
      await eventually(() => expect(closedNow()).toEqual([undefined]));
      await under.remove(good);
      await eventually(() => expect(store.snapshot().access).toEqual([]));
    });

    it('tells of changes of content, with a version that grows, and of none after stop', async () => {
      await store.start();
      const versions: number[] = [];
      const unsubscribe = store.subscribe(() => versions.push(store.snapshot().version));
      await under.apply(service('cart'));
      await eventually(() => expect(portOf(cart)).toBe(80));
      await under.apply(service('cart', 81));
      await eventually(() => expect(portOf(cart)).toBe(81));
      expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
      expect(versions.length).toBeGreaterThanOrEqual(2);
      unsubscribe();
      const told = versions.length;
      await under.apply(service('cart', 82));
      await eventually(() => expect(portOf(cart)).toBe(82));
      expect(versions).toHaveLength(told);
      await store.stop();
      await store.stop();
    });
  });
}
