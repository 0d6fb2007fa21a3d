import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ok } from '../../kit/result.ts';
import { DEFAULT_FAILOVER } from '../../decide/failover/default-policy.ts';
import type { SignedBundle } from '../../model/bundle.ts';
import type { PeerView, ServiceView } from '../../model/mesh-view.ts';
import type { RouteId } from '../../model/names.ts';
import type { AccessPolicy, FailoverPolicy, LevelSelector } from '../../model/policy.ts';
import type { ProxyReport } from '../../model/report.ts';
import type { Registration } from '../../ports/discovery.ts';
import * as wire from '../grpc/generated/isthmus/discovery/v1/discovery.ts';
import { NOTHING_GATHERED, takeUpdate, type Gathered } from './held-view.ts';
import { readRegistration, readReport, writeRegistration, writeReport } from './proxy-wire.ts';
import { readPeer, readService, writePeer, writeService } from './view-wire.ts';

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/);
const port = fc.integer({ min: 1, max: 65_535 });
const routeId = fc.stringMatching(/^[a-z2-7]{26}$/) as fc.Arbitrary<RouteId>;
const appProtocol = fc.constantFrom('http', 'tcp', 'detect');
const key = fc.tuple(label, label).map((parts) => parts.join('/'));
const hostKey = fc.tuple(label, label, label, label).map(([a, b, c, d]) => `${a}/${b}.${c}.${d}`);
const percent = fc.double({ min: 1, max: 100, noNaN: true });
const count = fc.nat(1000);

const weighted = fc.array(fc.record({ name: label, weight: fc.integer({ min: 1, max: 9 }) }), {
  maxLength: 3,
});
const level: fc.Arbitrary<LevelSelector> = fc.oneof(
  fc.constantFrom('zone', 'region', 'cluster', 'area', 'others').map((kind) => ({ kind })),
  weighted.map((clusters): LevelSelector => ({ kind: 'clusters', clusters })),
  weighted.map((regions): LevelSelector => ({ kind: 'regions', regions })),
);
const failover: fc.Arbitrary<FailoverPolicy> = fc
  .record({
    ...{ name: label, generation: count, levels: fc.array(level, { maxLength: 3 }), threshold: percent },
    ...{ overflow: fc.constantFrom('keep' as const, 'shed' as const), panic: percent },
    failback: fc.record({ rampMs: count, holdMs: count }),
  })
  .chain((policy) =>
    fc.option(percent, { nil: undefined }).map((cap) => (cap === undefined ? policy : { ...policy, cap })),
  );
const labels = fc.array(label, { maxLength: 2 });
const rules = fc.array(
  fc.record({
    from: fc.array(
      fc.record({ clusters: labels, namespaces: labels, serviceAccounts: labels }, { requiredKeys: [] }),
      {
        maxLength: 2,
      },
    ),
  }),
  { maxLength: 2 },
);
const access = fc.record(
  { name: label, namespace: label, target: key, allow: rules, deny: rules, closed: fc.string() },
  { requiredKeys: ['name', 'namespace', 'allow', 'deny'] },
) as unknown as fc.Arbitrary<AccessPolicy>;
const place = { region: label, zone: label };
const exportedPort = fc.record({ name: label, port, appProtocol, routeId });
const zone = fc
  .tuple(count, count)
  .chain(([a, b]) =>
    fc.record({ ...place, ready: fc.constant(Math.min(a, b)), total: fc.constant(Math.max(a, b)) }),
  );
const anyService = fc.record(
  {
    clustersetIps: fc.array(fc.oneof(fc.ipV4(), fc.ipV6()), { minLength: 1, maxLength: 2 }),
    ...{
      key: fc.oneof(key, hostKey),
      exported: fc.boolean(),
      failover,
      access: fc.array(access, { maxLength: 2 }),
    },
    ports: fc.array(
      fc.record(
        { name: label, port, targetPort: port, appProtocol, routeId, remoteOnly: fc.constant(true) },
        { requiredKeys: ['name', 'port', 'targetPort', 'appProtocol', 'routeId'] },
      ),
      { maxLength: 3 },
    ),
    local: fc.array(
      fc.record({
        id: label,
        address: fc.ipV4(),
        port,
        ...place,
        ready: fc.boolean(),
        serviceAccount: label,
      }),
      { maxLength: 3 },
    ),
    remote: fc.array(
      fc.record({
        cluster: label,
        ports: fc.array(exportedPort, { maxLength: 2 }),
        zones: fc.array(zone, { maxLength: 2 }),
        serviceAccounts: labels,
        sidecar: fc.option(fc.record({ address: fc.ipV4(), port }), { nil: undefined }),
      }),
      { maxLength: 2 },
    ),
  },
  { requiredKeys: ['key', 'exported', 'failover', 'access', 'ports', 'local', 'remote'] },
) as unknown as fc.Arbitrary<ServiceView>;
const gateway = fc.record({ host: fc.ipV4(), port, zone: label });
const anyPeer = fc.record({
  info: fc.record({
    cluster: label,
    ...place,
    network: label,
    gateways: fc.array(gateway, { maxLength: 2 }),
    version: label,
  }),
  link: fc.record(
    {
      state: fc.constantFrom('connecting', 'up', 'stale', 'left'),
      since: count,
      rttMs: percent,
      note: fc.string(),
    },
    { requiredKeys: ['state', 'since'] },
  ),
}) as unknown as fc.Arbitrary<PeerView>;

const overWire = <T>(
  codec: { encode(message: T): { finish(): Uint8Array }; decode(bytes: Uint8Array): T },
  message: T,
): T => codec.decode(codec.encode(message).finish());

describe('what travels arrives as it was', () => {
  it('services', () => {
    fc.assert(
      fc.property(anyService, (service) => {
        expect(readService(overWire(wire.Service, writeService(service)))).toEqual(ok(service));
      }),
    );
  });

  it('peers', () => {
    fc.assert(
      fc.property(anyPeer, (peer) => {
        expect(readPeer(overWire(wire.Peer, writePeer(peer)))).toEqual(ok(peer));
      }),
    );
  });

  it('registrations', () => {
    const sidecar = fc.record({
      ...{
        kind: fc.constant('sidecar'),
        proxy: label,
        ready: fc.boolean(),
        service: key,
        serviceAccount: label,
      },
      ...{ address: fc.ipV4(), port, ...place },
    });
    const edge = fc.record({
      kind: fc.constant('gateway'),
      proxy: label,
      ready: fc.boolean(),
      address: gateway,
    });
    fc.assert(
      fc.property(fc.oneof(sidecar, edge) as unknown as fc.Arbitrary<Registration>, (registration) => {
        const sent = overWire(wire.Registration, writeRegistration(registration));
        expect(readRegistration(sent)).toEqual(ok(registration));
      }),
    );
  });

  it('reports', () => {
    const group = fc.tuple(count, count, count).chain((numbers) => {
      const [healthy = 0, ready = 0, total = 0] = [...numbers].sort((a, b) => a - b);
      return fc.record({
        ...{ cluster: label, ...place, ramp: fc.double({ min: 0, max: 1, noNaN: true }) },
        ...{ healthy: fc.constant(healthy), ready: fc.constant(ready), total: fc.constant(total) },
      });
    });
    const observation = fc.record({
      ...{
        service: key,
        groups: fc.array(group, { maxLength: 3 }),
        sent: fc.dictionary(label, count, { maxKeys: 3 }),
      },
      ...{ failed: count, rate: percent, p50Ms: percent, p99Ms: percent },
    });
    const report = fc.record({
      proxy: label,
      workload: key,
      viewVersion: count,
      services: fc.array(observation, { maxLength: 3 }),
    });
    fc.assert(
      fc.property(report as unknown as fc.Arbitrary<ProxyReport>, (sent) => {
        const arrived = readReport(overWire(wire.ProxyReport, writeReport(sent)));
        expect(arrived).toEqual(
          ok({ ...sent, services: sent.services.map((one) => ({ ...one, sent: { ...one.sent } })) }),
        );
      }),
    );
  });
});

const base = writeService({
  ...{
    key: 'shop/cart' as never,
    exported: true,
    local: [],
    remote: [],
    failover: DEFAULT_FAILOVER,
    access: [],
  },
  ports: [{ name: '', port: 80, targetPort: 80, appProtocol: 'http', routeId: 'a'.repeat(26) as RouteId }],
});
const PLACE = { region: 'us', zone: 'a' };
const somePort = base.ports[0] as wire.LocalPort;
const someOffer = { cluster: 'west', ports: [], zones: [], serviceAccounts: [], plain: false };
const withSidecar = (address: string, port: number) => ({ ...someOffer, sidecar: { address, port } });
const policy = base.failover as wire.FailoverPolicy;

describe('what is malformed is refused with its field', () => {
  it.each([
    ['key', { key: 'cart' }],
    ['key', { key: 'shop/cart.x' }],
    ['ports[0].port', { ports: [{ ...somePort, port: 0 }] }],
    ['ports[0].routeId', { ports: [{ ...somePort, routeId: '../x' }] }],
    ['ports[0].appProtocol', { ports: [{ ...somePort, appProtocol: 'ftp' }] }],
    ['ports[0].targetPort', { ports: [{ ...somePort, targetPort: 70_000 }] }],
    [
      'endpoints[0].address',
      {
        endpoints: [
          { id: 'a', address: 'a b', port: 1, region: '', zone: '', ready: true, serviceAccount: 'x' },
        ],
      },
    ],
    ['remote[0].cluster', { remote: [{ ...someOffer, sidecar: undefined, cluster: 'West\n' }] }],
    [
      'remote[0].zones',
      { remote: [{ ...someOffer, sidecar: undefined, zones: [{ ...PLACE, ready: 2, total: 1 }] }] },
    ],
    ['remote[0].sidecar.address', { remote: [withSidecar('cart.shop', 15_008)] }],
    ['remote[0].sidecar.port', { remote: [withSidecar('10.1.0.7', 0)] }],
    ['clustersetIps', { clustersetIps: ['10.96.0.300'] }],
    ['clustersetIps', { clustersetIps: ['10.96.0.1', '10.96.0.2', '10.96.0.3'] }],
    ['failover', { failover: undefined }],
    ['failover[0].threshold', { failover: { ...policy, threshold: Number.NaN } }],
    ['failover[0].levels[0].kind', { failover: { ...policy, levels: [{ kind: 'moon', weighted: [] }] } }],
    [
      'access[0].namespace',
      { access: [{ name: 'a', namespace: '', target: undefined, allow: [], deny: [], closed: undefined }] },
    ],
  ])('%s', (field, over) => {
    expect(readService({ ...base, ...over })).toMatchObject({
      ok: false,
      error: { code: 'schema_violation', field },
    });
  });
});

describe('the held view', () => {
  const signed: SignedBundle = { payload: '{}', signature: '' };
  const bundle = { mesh: 'acme', version: 1, roots: ['r'], evicted: [] } as never;
  const update = (over: Partial<wire.Update>): wire.Update => ({
    ...{ version: 1, reset: false, more: false, self: undefined, bundle: undefined },
    ...{ services: [], removedServices: [], peers: [], removedPeers: [], ...over },
  });
  const self = { mesh: 'acme', cluster: 'east', region: 'eu', zone: 'eu-1' };
  const take = (held: Gathered, next: wire.Update): ReturnType<typeof takeUpdate> =>
    takeUpdate(held, next, () => ok(bundle));
  const first = take(NOTHING_GATHERED, update({ reset: true, self, bundle: signed, services: [base] }));

  it('is whole only with the last message of a version', () => {
    const part = take(
      NOTHING_GATHERED,
      update({ reset: true, more: true, self, bundle: signed, services: [base] }),
    );
    expect(part.view).toBeUndefined();
    const rest = take(part.gathered, update({ services: [{ ...base, key: 'shop/web' }] }));
    expect([...(rest.view?.services.keys() ?? [])]).toEqual(['shop/cart', 'shop/web']);
    expect(take(NOTHING_GATHERED, update({ services: [base] })).view).toBeUndefined();
  });

  it('keeps what it has of an entry that is malformed, and takes the others (F4)', () => {
    const bad = { ...base, ports: [{ ...somePort, port: 0 }] };
    for (const reset of [false, true]) {
      const next = take(
        first.gathered,
        update({ reset, self, services: [bad, { ...base, key: 'shop/web' }] }),
      );
      expect(next.view?.services.get('shop/cart' as never)?.ports[0]?.port).toBe(80);
      expect(next.view?.services.size).toBe(2);
      expect(next.faults.map(({ field }) => field)).toEqual(['ports[0].port']);
    }
  });

  it('forgets with a reset, and by key', () => {
    expect(take(first.gathered, update({ removedServices: ['shop/cart'] })).view?.services.size).toBe(0);
    expect(take(first.gathered, update({ reset: true, self, services: [] })).view?.services.size).toBe(0);
  });

  it('keeps the bundle that it could verify', () => {
    const refusal = { ok: false, error: { code: 'bundle_invalid', subject: 'b', message: 'm' } } as const;
    const next = takeUpdate(first.gathered, update({ bundle: signed }), () => refusal);
    expect(next.view?.bundle).toBe(bundle);
    expect([next.signed, next.faults]).toEqual([undefined, [refusal.error]]);
    expect(first.signed).toBe(signed);
  });
});
