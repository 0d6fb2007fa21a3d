import { Metadata } from '@grpc/grpc-js';
import { describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../mesh/adapters/clock/system-clock.ts';
import { clientOptions, dialTarget } from '../../mesh/adapters/grpc/client.ts';
import { meshCredentials } from '../../mesh/adapters/grpc/credentials.ts';
import {
  DiscoveryServiceClient,
  type ConnectResponse,
} from '../../mesh/adapters/grpc/generated/isthmus/discovery/v1/discovery.ts';
import { admitCluster, issueIdentity } from '../../mesh/adapters/grpc/testing/test-mesh.ts';
import type { ProxyReport } from '../../mesh/model/report.ts';
import { key, serviceView, sidecar, Site, viewOf, viewWhere } from './testing/discovery-site.ts';

const forever = new AbortController().signal;
const cart = '/ns/shop/sa/cart';
const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 5000, interval: 5 });

describe('discovery over gRPC', () => {
  it('gives the whole view first, then what changed, and hears that it is in force', async () => {
    const site = new Site();
    const { server } = await site.start(serviceView('cart'), serviceView('web'));
    const discovery = site.connect(cart);
    const first = await discovery.start(forever);
    expect(first.self).toEqual({ mesh: 'acme', cluster: 'east', region: 'eu', zone: 'eu-1' });
    expect(first.services).toEqual(viewOf(serviceView('cart'), serviceView('web')).services);
    expect(first.bundle).toEqual(site.authority.bundle());

    server.publish(viewOf(serviceView('cart', [80, 81]), serviceView('pricing')));
    const next = await viewWhere(discovery, (view) => view.services.has(key('pricing')));
    expect([...next.services.keys()].sort()).toEqual(['shop/cart', 'shop/pricing']);
    expect(next.services.get(key('cart'))?.ports.map(({ port }) => port)).toEqual([80, 81]);
    expect(next.version).toBe(server.view().version);
    await eventually(() => expect(server.proxies()[0]?.acknowledged).toBe(next.version));
  });

  it('sends nothing when a publication changes nothing', async () => {
    const site = new Site();
    const { server } = await site.start(serviceView('cart'));
    const before = server.view();
    expect(server.publish(viewOf(serviceView('cart')))).toBeUndefined();
    expect(server.view()).toBe(before);
  });

  it('registers what the certificate says, and withdraws it with the stream', async () => {
    const site = new Site();
    const { registry } = await site.start(serviceView('cart'));
    const discovery = site.connect(cart);
    discovery.register(sidecar('cart'));
    await discovery.start(forever);
    await eventually(() => expect(registry.all()).toEqual([sidecar('cart')]));
    discovery.register(sidecar('cart', { ready: false }));
    await eventually(() => expect(registry.all()).toEqual([sidecar('cart', { ready: false })]));
    await discovery.stop();
    await eventually(() => expect(registry.all()).toEqual([]));
  });

  it.each([
    ['another service account', sidecar('web'), 'identity_mismatch'],
    ['another namespace', sidecar('cart', { service: 'bank/cart' as never }), 'identity_mismatch'],
    ['another address', sidecar('cart', { address: '192.0.2.7' }), 'address_refused'],
    [
      'a gateway',
      { kind: 'gateway', proxy: 'g', ready: true, address: { host: '127.0.0.1', port: 1, zone: '' } },
      'identity_mismatch',
    ],
    ['no port', sidecar('cart', { port: 0 }), 'schema_violation'],
  ] as const)('refuses a sidecar that registers %s, and tells it', async (_what, registration, code) => {
    const site = new Site();
    const { registry, refusals } = await site.start(serviceView('cart'));
    const discovery = site.connect(cart);
    discovery.register(registration);
    await discovery.start(forever);
    await eventually(() => expect(refusals.map((refusal) => refusal.code)).toEqual([code]));
    await eventually(() => expect(site.log.lines.some(({ fields }) => fields['reason'] === code)).toBe(true));
    expect(registry.all()).toEqual([]);
  });

  it('serves proxies of its own cluster only', async () => {
    const site = new Site();
    const { server } = await site.start(serviceView('cart'));
    const stranger = site.connect(cart, admitCluster(site.authority, 'west'));
    const own = site.connect(cart);
    await own.start(forever);
    await expect(stranger.start(AbortSignal.timeout(300))).rejects.toThrow(/gave up/);
    expect(server.proxies().map(({ identity }) => identity.cluster)).toEqual(['east']);
  });

  it('keeps the latest report of a proxy, and takes none for another', async () => {
    const site = new Site();
    const { server, refusals } = await site.start(serviceView('cart'));
    const discovery = site.connect(cart);
    discovery.register(sidecar('cart'));
    await discovery.start(forever);
    const report: ProxyReport = { proxy: 'cart-1', workload: key('cart'), viewVersion: 1, services: [] };
    discovery.report(report);
    await eventually(() => expect(server.proxies()[0]?.reports).toEqual([report]));
    discovery.report({ ...report, proxy: 'web-1', workload: key('web') });
    await eventually(() => expect(refusals.map(({ code }) => code)).toEqual(['identity_mismatch']));
    expect(server.proxies()[0]?.reports).toEqual([report]);
  });
});

describe('a restart of the controller', () => {
  it('takes no view from a proxy and no endpoint from the catalog', async () => {
    const site = new Site();
    const before = await site.start(serviceView('cart'));
    const discovery = site.connect(cart);
    discovery.register(sidecar('cart'));
    await discovery.start(forever);
    await eventually(() => expect(before.registry.all()).toHaveLength(1));
    await before.stop();
    await eventually(() => expect(discovery.connected()).toBe(false));
    expect([...discovery.view().services.keys()]).toEqual(['shop/cart']);

    const after = await site.start(serviceView('cart'), serviceView('web'));
    expect(after.registry.all()).toEqual([sidecar('cart')]);
    const view = await viewWhere(discovery, ({ services }) => services.has(key('web')));
    expect(view.version).toBeGreaterThan(before.server.view().version);
    await eventually(() => expect(after.server.proxies()[0]?.registration?.proxy).toBe('cart-1'));
    expect(after.registry.all()).toEqual([sidecar('cart')]);
  });
});

describe('a proxy that does not read', () => {
  it('costs one message, then gets the latest state of what changed', async () => {
    const site = new Site();
    const many = (round: number): ReturnType<typeof viewOf> =>
      viewOf(...Array.from({ length: 2000 }, (_, i) => serviceView(`s${i}`, [80, 1000 + round])));
    const { server } = await site.start();
    server.publish(many(0));
    const identity = issueIdentity(site.authority, cart);
    const serverName = 'federation.east.acme';
    const credentials = meshCredentials({
      ...{ identity, serverName, timeoutMs: 5000, now: systemClock.now },
      expect: { kind: 'program', program: 'controller' },
    });
    const client = new DiscoveryServiceClient(
      dialTarget(server.address),
      credentials,
      clientOptions(serverName),
    );
    const call = client.connect(new Metadata());
    call.on('error', () => undefined);
    const first = new Promise((resolve) => call.once('metadata', resolve));
    call.pause();
    await first;
    const rounds = 40;
    for (let round = 1; round <= rounds; round++) server.publish(many(round));
    const updates: ConnectResponse[] = [];
    call.on('data', (response: ConnectResponse) => updates.push(response)).resume();
    await eventually(() => {
      const last = updates.at(-1)?.body;
      expect(
        last?.$case === 'update' && !last.value.more && last.value.version === server.view().version,
      ).toBe(true);
    });
    const held = new Map<string, number | undefined>();
    for (const { body } of updates) {
      if (body?.$case !== 'update') continue;
      for (const service of body.value.services) held.set(service.key, service.ports[1]?.port);
    }
    expect(held.size).toBe(2000);
    expect(new Set(held.values())).toEqual(new Set([1000 + rounds]));
    const sent = updates.reduce(
      (sum, { body }) => sum + (body?.$case === 'update' ? body.value.services.length : 0),
      0,
    );
    expect(sent).toBeLessThan(3 * 2000);
    call.cancel();
    client.close();
  });
});
