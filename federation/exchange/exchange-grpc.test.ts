import { afterEach, describe, expect, it } from 'vitest';
import { admitCluster, foundMesh } from '../../mesh/adapters/grpc/testing/test-mesh.ts';
import { createMemoryState } from '../../mesh/adapters/files/state-folder.ts';
import type { ClusterName, ServiceKey } from '../../mesh/model/names.ts';
import type { ExchangeManager } from './exchange.ts';
import { startMember, type GrpcMember } from './testing/grpc-member.ts';
import { eventually } from './testing/eventually.ts';

const [east, west] = ['east' as ClusterName, 'west' as ClusterName];
const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function start(...args: Parameters<typeof startMember>): Promise<GrpcMember> {
  const member = await startMember(...args);
  ends.push(() => member.stop());
  return member;
}
const stateOf = (exchange: ExchangeManager, peer: ClusterName): string | undefined =>
  exchange.peers().get(peer)?.link.state;
const servicesAt = (exchange: ExchangeManager, peer: ClusterName): string[] =>
  [...(exchange.peers().get(peer)?.services.keys() ?? [])].sort();

/** Two members that know each other and are up. */
async function pair(): Promise<{ a: GrpcMember; b: GrpcMember; founder: ReturnType<typeof foundMesh> }> {
  const founder = foundMesh('east');
  const a = await start(founder);
  const b = await start(admitCluster(founder, 'west'));
  a.offer('cart', 'web');
  b.offer('pricing');
  for (const one of [a, b]) one.exchange.start();
  b.exchange.addMember(a.member);
  await eventually(() => servicesAt(a.exchange, west).length === 1, 'east holds what west offers');
  await eventually(() => servicesAt(b.exchange, east).length === 2, 'west holds what east offers');
  return { a, b, founder };
}

describe('the exchange over gRPC and mTLS', () => {
  it('serves both directions on one dialled stream', async () => {
    const { a, b } = await pair();
    expect(servicesAt(b.exchange, east)).toEqual(['shop/cart', 'shop/web']);
    expect(a.exchange.peers().get(west)?.info.gateways).toEqual(b.member.gateways);
    expect([stateOf(a.exchange, west), stateOf(b.exchange, east)]).toEqual(['up', 'up']);
  });

  it('tells a change within 100 ms at the median', async () => {
    const { a, b } = await pair();
    const took: number[] = [];
    for (let i = 0; i < 21; i++) {
      const key = `shop/new-${i}` as ServiceKey;
      const seen = new Promise<void>((resolve) => {
        const stop = b.exchange.subscribe(() => {
          if (b.exchange.peers().get(east)?.services.has(key) !== true) return;
          stop();
          resolve();
        });
      });
      const begun = performance.now();
      a.offer('cart', 'web', `new-${i}`);
      await seen;
      took.push(performance.now() - begun);
    }
    expect(took.sort((x, y) => x - y)[10]).toBeLessThan(100);
  });

  it('measures the round trip', async () => {
    const { b } = await pair();
    await eventually(() => b.exchange.peers().get(east)?.link.rttMs !== undefined, 'a round trip is known');
    expect(b.exchange.peers().get(east)?.link.rttMs).toBeLessThan(1000);
  });

  it('keeps one stream when both dial', async () => {
    const { a, b } = await pair();
    a.exchange.addMember(b.member);
    await eventually(
      () => stateOf(a.exchange, west) === 'up' && stateOf(b.exchange, east) === 'up',
      'both up',
    );
    a.offer('cart', 'web', 'later');
    await eventually(() => servicesAt(b.exchange, east).includes('shop/later'), 'changes still flow');
  });

  it('keeps and uses the catalog of a peer that is gone, and takes it up again when it is back', async () => {
    const { a, b, founder } = await pair();
    await a.stop();
    await eventually(() => stateOf(b.exchange, east) === 'stale', 'the link is stale');
    expect(servicesAt(b.exchange, east)).toEqual(['shop/cart', 'shop/web']);
    const again = await start(founder, { state: createMemoryState() });
    again.offer('cart', 'web');
    again.exchange.start();
    again.exchange.addMember(b.member);
    await eventually(
      () => again.exchange.peers().get(west)?.services.size === 1,
      'it holds what west offers',
    );
  });

  it('ends the link of an evicted member within 5 s and drops its catalog (S25)', async () => {
    const { a, b, founder } = await pair();
    founder.evict(west);
    await eventually(() => !a.exchange.peers().has(west), 'west is gone at east');
    b.exchange.addMember(a.member);
    await eventually(() => a.refusals.some(({ code }) => code === 'cluster_evicted'), 'west is refused');
    expect(a.exchange.peers().has(west)).toBe(false);
  });

  it('says farewell, after which the catalog is gone and nobody dials', async () => {
    const { a, b } = await pair();
    expect(await b.exchange.leave()).toEqual({ told: [east], notTold: [] });
    await eventually(() => stateOf(a.exchange, west) === 'left', 'east knows');
    expect(servicesAt(a.exchange, west)).toEqual([]);
    expect(a.exchange.members()).toEqual([]);
  });

  it('refuses a controller of another mesh, and a gateway in the place of a controller (S18, S19)', async () => {
    const { a } = await pair();
    const stranger = await start(admitCluster(foundMesh('east'), 'north'));
    stranger.offer('cart');
    stranger.exchange.start();
    stranger.exchange.addMember(a.member);
    await eventually(() => a.refusals.length > 0, 'east refuses');
    await eventually(
      () => stranger.exchange.peers().get(east)?.link.note !== undefined,
      'the stranger is told why',
    );
    expect([...a.exchange.peers().keys()]).toEqual([west]);
  });
});
