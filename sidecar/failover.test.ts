import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { DEFAULT_FAILOVER } from '../mesh/decide/failover/default-policy.ts';
import type { FailoverPolicy } from '../mesh/model/policy.ts';
import { ask, startHttpApp, until } from './testing/applications.ts';
import { startOpenLoop, type OpenLoop } from './testing/open-loop.ts';
import { createRunningMesh, service, type RunningMesh, type RunningSidecar } from './testing/running-mesh.ts';

let running: RunningMesh;
afterEach(() => running.stop());

const url = 'http://cart.shop.svc.clusterset.local/';
const HALF_AND_HALF: FailoverPolicy = {
  ...DEFAULT_FAILOVER,
  levels: [
    {
      kind: 'clusters',
      clusters: [
        { name: 'east', weight: 1 },
        { name: 'west', weight: 1 },
      ],
    },
  ],
  failback: { rampMs: 1_000, holdMs: 200 },
};

async function startCart(cluster: string, text = cluster): Promise<RunningSidecar> {
  const app = await startHttpApp(text);
  running.keep(app.stop);
  return running.start({ cluster, service: 'cart', appPort: app.port });
}

/** A caller in east, a cart in each cluster, a gateway in front of west's. */
async function twoClusters(failover: FailoverPolicy) {
  running = createRunningMesh({ east: 'eu/eu-1', west: 'us/us-1' }, [
    service('web'),
    { ...service('cart'), failover },
  ]);
  const [east, west] = [await startCart('east'), await startCart('west')];
  const gateway = await running.openGateway('west', west);
  const web = await running.start({ cluster: 'east', service: 'web' });
  return { east, west, gateway, web, via: web.sidecar.httpProxyAddress };
}

function load(via: { host: string; port: number }, method = 'GET', perSecond = 300): OpenLoop {
  const loop = startOpenLoop({ via, url, perSecond, method });
  running.keep(() => loop.stop());
  return loop;
}

const servedBy = (loop: OpenLoop, body: string, since: number): number =>
  loop.outcomes.filter((outcome) => outcome.body === body && outcome.at > since).length;

describe('failover between clusters', () => {
  it('prefers the own zone, and takes the other cluster when there is nothing here', async () => {
    const { east, via } = await twoClusters(DEFAULT_FAILOVER);
    expect((await ask({ via, url })).body).toBe('east');
    east.sidecar.setReady(false);
    expect((await ask({ via, url })).body).toBe('west');
  });

  it('splits as the policy says', async () => {
    const { via } = await twoClusters(HALF_AND_HALF);
    const loop = load(via);
    await until('enough answers', () => loop.outcomes.length >= 300);
    const part = servedBy(loop, 'west', 0) / loop.outcomes.length;
    expect(part).toBeGreaterThan(0.38);
    expect(part).toBeLessThan(0.62);
  });

  it('loses no idempotent request when a cluster that serves half of them freezes, and ramps it up when it thaws', async () => {
    const { gateway, via } = await twoClusters(HALF_AND_HALF);
    const loop = load(via);
    await until('west serves', () => servedBy(loop, 'west', 0) > 60);
    gateway.freeze();
    const frozenAt = performance.now();
    await delay(1_500);
    expect(servedBy(loop, 'west', frozenAt + 1_000)).toBe(0);
    gateway.thaw();
    const thawedAt = performance.now();
    await until('west serves again', () => servedBy(loop, 'west', thawedAt) > 20, 10_000);
    await loop.stop();
    const lost = loop.lost();
    expect(lost.length).toBeLessThanOrEqual(5);
    for (const { at } of lost) expect(at - frozenAt).toBeLessThan(1_000);
    const slowest = Math.max(...loop.outcomes.map(({ tookMs }) => tookMs));
    expect(slowest).toBeLessThan(2_000);
  });

  it('loses at most two when a cluster is killed, and sends it nothing within a second', async () => {
    const { gateway, via } = await twoClusters(HALF_AND_HALF);
    const loop = load(via);
    await until('west serves', () => servedBy(loop, 'west', 0) > 60);
    await gateway.kill();
    const killedAt = performance.now();
    await delay(1_500);
    await loop.stop();
    expect(loop.lost().length).toBeLessThanOrEqual(2);
    expect(servedBy(loop, 'west', killedAt)).toBe(0);
  });

  it('loses only what was sent of requests that may not be sent again', async () => {
    const { gateway, via } = await twoClusters(HALF_AND_HALF);
    const loop = load(via, 'POST', 200);
    await until('west serves', () => servedBy(loop, 'west', 0) > 60);
    gateway.freeze();
    const frozenAt = performance.now();
    await delay(1_200);
    await gateway.kill();
    await loop.stop();
    const lost = loop.lost();
    // 200/s, half of them, for the time it takes to notice.
    expect(lost.length).toBeLessThanOrEqual(60);
    expect(lost.length).toBeGreaterThan(0);
    for (const { at } of lost) expect(at - frozenAt).toBeLessThan(600);
  });

  it('loses nothing when one of two gateways leaves the view, and lets go of its connections', async () => {
    const { west, gateway, via } = await twoClusters({
      ...HALF_AND_HALF,
      levels: [{ kind: 'clusters', clusters: [{ name: 'west', weight: 1 }] }],
    });
    const second = await running.openGateway('west', west);
    const loop = load(via);
    await until('both are used', () => gateway.connections() > 0 && second.connections() > 0);
    const cluster = running.cluster('west');
    cluster.gateways = cluster.gateways.filter(({ port }) => port !== gateway.port);
    running.mesh.publish();
    await until('its connections are closed', () => gateway.connections() === 0);
    await loop.stop();
    expect(loop.lost()).toEqual([]);
  });

  it('goes on through the other gateway when one freezes, and keeps the cluster in use', async () => {
    const { west, gateway, via } = await twoClusters({
      ...HALF_AND_HALF,
      levels: [{ kind: 'clusters', clusters: [{ name: 'west', weight: 1 }] }],
    });
    const second = await running.openGateway('west', west);
    const loop = load(via, 'GET', 100);
    await until('both are used', () => gateway.connections() > 0 && second.connections() > 0);
    gateway.freeze();
    await delay(1_000);
    await loop.stop();
    expect(loop.lost()).toEqual([]);
    expect(new Set(loop.outcomes.map(({ body }) => body))).toEqual(new Set(['west']));
  });
});

describe('failover between endpoints', () => {
  async function twoEndpoints() {
    running = createRunningMesh({ east: 'eu/eu-1' }, [service('web'), service('cart')]);
    const [a, b] = [await startCart('east', 'a'), await startCart('east', 'b')];
    const before = await running.interpose('east', a);
    const web = await running.start({ cluster: 'east', service: 'web' });
    return { a, b, before, web, via: web.sidecar.httpProxyAddress };
  }

  it('loses nothing when an endpoint is killed', async () => {
    const { before, web, via } = await twoEndpoints();
    const loop = load(via);
    await until('both serve', () => servedBy(loop, 'a', 0) > 20 && servedBy(loop, 'b', 0) > 20);
    await before.kill();
    await delay(500);
    await loop.stop();
    expect(loop.lost()).toEqual([]);
    expect(await web.metrics.expose()).toMatch(/isthmus_ejections_total\{.*destination_cluster="east".*\} 1/);
  });

  it('loses nothing when an application behind a sidecar is killed', async () => {
    running = createRunningMesh({ east: 'eu/eu-1' }, [service('web'), service('cart')]);
    const app = await startHttpApp('a');
    await running.start({ cluster: 'east', service: 'cart', appPort: app.port });
    await startCart('east', 'b');
    const web = await running.start({ cluster: 'east', service: 'web' });
    const loop = load(web.sidecar.httpProxyAddress);
    await until('both serve', () => servedBy(loop, 'a', 0) > 20 && servedBy(loop, 'b', 0) > 20);
    await app.stop();
    await delay(500);
    await loop.stop();
    expect(loop.lost()).toEqual([]);
  });

  it('hedges what waits at an endpoint that froze', async () => {
    const { before, web, via } = await twoEndpoints();
    const loop = load(via);
    await until('both serve', () => servedBy(loop, 'a', 0) > 20 && servedBy(loop, 'b', 0) > 20);
    before.freeze();
    await delay(1_000);
    await loop.stop();
    expect(loop.lost()).toEqual([]);
    expect(await web.metrics.expose()).toMatch(
      /isthmus_hedges_total\{.*destination_service="cart".*\} [1-9]/,
    );
  });

  it('does not multiply the load on a service that answers 503 to all (F7)', async () => {
    running = createRunningMesh({ east: 'eu/eu-1' }, [service('web'), service('cart')]);
    const app = await startHttpApp((_request, response) => {
      response.statusCode = 503;
      response.end();
    });
    running.keep(app.stop);
    await running.start({ cluster: 'east', service: 'cart', appPort: app.port });
    const web = await running.start({ cluster: 'east', service: 'web' });
    const loop = load(web.sidecar.httpProxyAddress);
    await until('enough answers', () => loop.outcomes.length > 300);
    await loop.stop();
    expect(app.requests.length).toBeLessThanOrEqual(loop.outcomes.length * 1.2);
  });
});
