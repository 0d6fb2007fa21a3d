import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { formatFault } from '../mesh/model/fault.ts';
import type { Registration } from '../mesh/ports/discovery.ts';
import { cluster, foundSite, joinSite, key, type TestSite } from './testing/cluster-site.ts';

const eventually = (check: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(check, { timeout: 8000, interval: 10 });

const cartAt = (zone: string, over: Partial<Registration> = {}): Registration =>
  ({
    ...{ kind: 'sidecar', proxy: 'cart-1', service: key('shop/cart'), serviceAccount: 'cart', ready: true },
    ...{ address: '127.0.0.1', port: 15006, region: 'eu', zone, ...over },
  }) as Registration;

async function values<T>(
  answer: Promise<{ ok: true; value: T } | { ok: false; error: unknown }>,
): Promise<T> {
  const result = await answer;
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

/** Two clusters of one mesh, joined with a token over a relay that stands in for the founder's gateway. */
async function twoClusters(): Promise<[TestSite, TestSite]> {
  const east = await foundSite('east');
  const west = await joinSite('west', east);
  await eventually(async () => {
    const status = await values(west.admin.status());
    expect(status.clusters.map(({ cluster: name, link }) => [name, link?.state])).toEqual([
      ['west', undefined],
      ['east', 'up'],
    ]);
  });
  return [east, west];
}

describe('a controller alone', () => {
  it('gives a manifest to its proxies within milliseconds, and shows it', async () => {
    const east = await foundSite('east');
    const proxy = await east.connect('/ns/shop/sa/web');
    await proxy.start(AbortSignal.timeout(5000));
    east.write('cart.yaml', east.service('cart'));
    await eventually(() => expect([...proxy.view().services.keys()]).toEqual(['shop/cart']));
    expect((await values(east.admin.services())).map(({ service }) => service)).toEqual(['shop/cart']);
  });

  it('tells what is wrong with one manifest, and keeps everything else', async () => {
    const east = await foundSite('east');
    east.write('cart.yaml', east.service('cart'));
    east.write('bad.yaml', east.service('web').replace('80', 'eighty'));
    await eventually(async () => {
      const { faults } = await values(east.admin.status());
      expect(faults.map(formatFault)).toEqual([expect.stringMatching(/^bad\.yaml:\d+: spec\.ports/)]);
    });
    expect((await values(east.admin.services())).map(({ service }) => service)).toEqual(['shop/cart']);
    const events = await values(east.admin.events());
    expect(events.map(({ text }) => text)).toEqual([expect.stringContaining('bad.yaml')]);
  });

  it('exports and unexports what exists', async () => {
    const east = await foundSite('east');
    expect(await east.admin.exportService(key('shop/cart'))).toMatchObject({
      ok: false,
      error: { code: 'not_found' },
    });
    east.write('cart.yaml', east.service('cart'));
    await eventually(async () => expect(await values(east.admin.services())).toHaveLength(1));
    expect(await values(east.admin.exportService(key('shop/cart')))).toEqual({ created: true });
    expect(await values(east.admin.exportService(key('shop/cart')))).toEqual({ created: false });
    await eventually(async () => expect((await values(east.admin.status())).sharedServices).toBe(1));
    expect(await values(east.admin.unexportService(key('shop/cart')))).toEqual({ removed: true });
    await eventually(async () => expect((await values(east.admin.status())).sharedServices).toBe(0));
  });

  it('answers nothing but health to who has no token', async () => {
    const east = await foundSite('east');
    const { host, port } = east.controller.info.admin;
    const paths = ['/v1/status', '/v1/tokens', '/v1/explain?from=a/b&to=c/d'];
    for (const path of paths) expect((await fetch(`http://${host}:${port}${path}`)).status).toBe(401);
    expect((await fetch(`http://${host}:${port}/readyz`)).status).toBe(200);
    const metrics = await (await fetch(`http://${host}:${port}/metrics`)).text();
    expect(metrics).toContain('isthmus_reconcile_duration_seconds_count');
  });

  it.each([
    ['a cluster that is no label', { cluster: 'Bad.Name' }, 'invalid_name'],
    ['its own name', { cluster: 'east' }, 'cluster_name_taken'],
    ['an hour', { cluster: 'west', ttlSeconds: 3600 }, 'config_invalid'],
  ])('makes no token for %s', async (_what, body, code) => {
    const east = await foundSite('east');
    const made = await east.admin.createToken(
      cluster(body.cluster),
      (body as { ttlSeconds?: number }).ttlSeconds,
    );
    expect(made).toMatchObject({ ok: false, error: { code } });
  });
});

describe('a proxy that starts while its controller is away (F18)', () => {
  it('goes on with the certificate and the view of its last run, and meets the controller later', async () => {
    const east = await foundSite('east');
    east.write('cart.yaml', east.service('cart'));
    await eventually(async () => expect(await values(east.admin.services())).toHaveLength(1));
    const first = await east.connect('/ns/shop/sa/web');
    await first.start(AbortSignal.timeout(5000));
    const saved = path.join(east.dir, 'state', 'proxy-shop.web.view');
    await eventually(() => expect(existsSync(saved)).toBe(true));
    await first.stop();
    await east.controller.stop();

    const again = await east.connect('/ns/shop/sa/web');
    const view = await again.start(AbortSignal.timeout(5000));
    expect([...view.services.keys()]).toEqual(['shop/cart']);
    expect(again.connected()).toBe(false);
    expect(statSync(saved.replace('.view', '.credentials')).mode & 0o777).toBe(0o600);
    await east.restart();
    await eventually(() => expect(again.connected()).toBe(true));
  });

  it('waits as long as it takes when it never ran before', async () => {
    const east = await foundSite('east');
    await east.controller.stop();
    const coming = east.connect('/ns/shop/sa/web');
    await east.restart();
    const proxy = await coming;
    expect((await proxy.start(AbortSignal.timeout(5000))).self.cluster).toBe('east');
  });
});

describe('two controllers', () => {
  it('share exports: from a manifest and a sidecar here to the view of a proxy there', async () => {
    const [east, west] = await twoClusters();
    east.write('cart.yaml', east.service('cart'));
    west.write('web.yaml', west.service('web'));
    const cart = await east.connect('/ns/shop/sa/cart');
    cart.register(cartAt('eu-1'));
    await cart.start(AbortSignal.timeout(5000));
    const web = await west.connect('/ns/shop/sa/web');
    await web.start(AbortSignal.timeout(5000));
    await eventually(async () => expect(await values(east.admin.services())).toHaveLength(1));
    await east.admin.exportService(key('shop/cart'));
    await eventually(() =>
      expect(web.view().services.get(key('shop/cart'))?.remote[0]?.zones[0]?.ready).toBe(1),
    );

    const seen = web.view().services.get(key('shop/cart'));
    const own = cart.view().services.get(key('shop/cart'));
    expect(seen?.remote[0]?.ports.map(({ routeId }) => routeId)).toEqual(
      own?.ports.map(({ routeId }) => routeId),
    );
    expect(seen?.remote[0]?.serviceAccounts).toEqual(['cart']);
    const explained = await values(west.admin.explain({ from: key('shop/web'), to: key('shop/cart') }));
    expect(explained.shares.groups.map(({ group, share }) => [group.cluster, share])).toEqual([
      ['east', 100],
    ]);
    expect(explained.seenBy).toBe('catalog');

    cart.register(cartAt('eu-1', { ready: false }));
    await eventually(() =>
      expect(web.view().services.get(key('shop/cart'))?.remote[0]?.zones[0]?.ready).toBe(0),
    );
    await east.admin.unexportService(key('shop/cart'));
    await eventually(() => expect(web.view().services.has(key('shop/cart'))).toBe(false));
  });

  it('lose nothing when one of them restarts (F16, F18)', async () => {
    const [east, west] = await twoClusters();
    east.write('cart.yaml', east.service('cart'));
    const cart = await east.connect('/ns/shop/sa/cart');
    cart.register(cartAt('eu-1'));
    await cart.start(AbortSignal.timeout(5000));
    await eventually(async () => expect(await values(east.admin.services())).toHaveLength(1));
    await east.admin.exportService(key('shop/cart'));
    west.write('web.yaml', west.service('web'));
    const web = await west.connect('/ns/shop/sa/web');
    await web.start(AbortSignal.timeout(5000));
    const ready = (): number | undefined =>
      web.view().services.get(key('shop/cart'))?.remote[0]?.zones[0]?.ready;
    await eventually(() => expect(ready()).toBe(1));
    const losses: (number | undefined)[] = [];
    web.subscribe(() => {
      if (ready() !== 1) losses.push(ready());
    });
    await east.restart();
    await west.restart();
    await eventually(async () => {
      const { clusters, proxies } = await values(west.admin.status());
      expect([clusters[1]?.link?.state, proxies]).toEqual(['up', { sidecars: 1, gateways: 1, behind: 0 }]);
    });
    expect(losses).toEqual([]);
  });

  it('part when the founder evicts', async () => {
    const [east, west] = await twoClusters();
    east.write('cart.yaml', east.service('cart'));
    await eventually(async () => expect(await values(east.admin.services())).toHaveLength(1));
    expect(await west.admin.evict(cluster('east'))).toMatchObject({
      ok: false,
      error: { code: 'not_founder' },
    });
    expect(await east.admin.evict(cluster('west'))).toMatchObject({ ok: true });
    await eventually(async () => {
      expect((await values(east.admin.status())).clusters.map(({ cluster: name }) => name)).toEqual(['east']);
    });
    expect((await values(east.admin.events())).map(({ text }) => text)).toContain('west: evicted');
  });

  it('part when one leaves: its program may end, its keys are gone', async () => {
    const [east, west] = await twoClusters();
    expect(await values(west.admin.leave())).toEqual({ told: ['east'], notTold: [] });
    await west.controller.over;
    await west.controller.stop();
    await eventually(async () => {
      const { clusters, bundleVersion } = await values(east.admin.status());
      expect([clusters.filter(({ link }) => link?.state === 'up'), bundleVersion]).toEqual([[], 2]);
    });
  });
});
