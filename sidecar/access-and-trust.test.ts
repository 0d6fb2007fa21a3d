import { afterEach, describe, expect, it } from 'vitest';
import type { AccessPolicy } from '../mesh/model/policy.ts';
import { ask, startHttpApp, startTcpApp, until } from './testing/applications.ts';
import {
  CART_HOST,
  collect,
  dialAsPeer,
  send,
  startCartMesh,
  statusOf,
  type CartMesh,
} from './testing/mesh-peer.ts';
import { createRunningMesh, service, type RunningMesh } from './testing/running-mesh.ts';

let running: RunningMesh;
afterEach(() => running.stop());

async function open(handle: Parameters<typeof startCartMesh>[0]): Promise<CartMesh> {
  const opened = await startCartMesh(handle);
  running = opened.running;
  return opened;
}

describe('access policies', () => {
  const denyWest: AccessPolicy = {
    ...{ name: 'no-west', namespace: 'shop' as never, allow: [] },
    deny: [{ from: [{ clusters: ['west'] }] }],
  };

  it('deny with 403 and a reason, and say so in log and metric', async () => {
    const { app, cart } = await open('hello');
    running.cluster('east').access = [denyWest];
    running.mesh.publish();
    const text = await send(
      await dialAsPeer(running, { to: cart, identity: running.trust.identity('west', 'web') }),
      `GET / HTTP/1.1\r\nhost: ${CART_HOST}\r\n\r\n`,
    );
    expect(statusOf(text)).toBe(403);
    expect(text).toMatch(/x-isthmus-reason: access_denied/i);
    expect(app.requests).toHaveLength(0);
    expect(cart.access[0]).toMatchObject({
      status: 403,
      reason: 'access_denied',
      source: 'spiffe://west.acme/ns/shop/sa/web',
    });
    const local = await send(
      await dialAsPeer(running, { to: cart, identity: running.trust.identity('east', 'web') }),
      `GET / HTTP/1.1\r\nhost: ${CART_HOST}\r\n\r\n`,
    );
    expect(statusOf(local)).toBe(200);
  });

  it('close what is open when they come to deny it, and leave the rest alone (F12)', async () => {
    const { cart } = await open('hello');
    const [west, east] = [
      await dialAsPeer(running, { to: cart, identity: running.trust.identity('west', 'web') }),
      await dialAsPeer(running, { to: cart, identity: running.trust.identity('east', 'web') }),
    ];
    await send(west, `GET / HTTP/1.1\r\nhost: ${CART_HOST}\r\n\r\n`);
    await send(east, `GET / HTTP/1.1\r\nhost: ${CART_HOST}\r\n\r\n`);
    const [gotWest, gotEast] = [collect(west), collect(east)];
    for (let i = 0; i < 20; i++) running.mesh.publish();
    expect([gotWest.closed(), gotEast.closed()]).toEqual([false, false]);
    running.cluster('east').access = [denyWest];
    running.mesh.publish();
    await until('the denied one is closed', () => gotWest.closed(), 2_000);
    expect(gotEast.closed()).toBe(false);
  });

  it('close everything when they cannot be parsed', async () => {
    const { cart } = await open('hello');
    running.cluster('east').access = [{ ...denyWest, deny: [], closed: 'shop/access.yaml: not YAML' }];
    running.mesh.publish();
    const text = await send(
      await dialAsPeer(running, { to: cart, identity: running.trust.identity('east', 'web') }),
      `GET / HTTP/1.1\r\nhost: ${CART_HOST}\r\n\r\n`,
    );
    expect([statusOf(text), /policy_closed/.test(text)]).toEqual([403, true]);
  });

  it('cut TCP streams of a source that is denied', async () => {
    running = createRunningMesh({ east: 'eu/eu-1', west: 'us/us-1' }, [
      service('web'),
      service('cart', 'tcp'),
    ]);
    const app = await startTcpApp((socket) => void socket.pipe(socket));
    running.keep(app.stop);
    const cart = await running.start({ cluster: 'east', service: 'cart', appPort: app.port });
    const stream = collect(
      await dialAsPeer(running, {
        to: cart,
        identity: running.trust.identity('west', 'web'),
        alpn: 'isthmus-tcp',
      }),
    );
    await until('it is open', () => app.connections() === 1);
    running.cluster('east').access = [denyWest];
    running.mesh.publish();
    await until('it is cut', () => stream.closed() && app.connections() === 0, 2_000);
    const refused = collect(
      await dialAsPeer(running, {
        to: cart,
        identity: running.trust.identity('west', 'web'),
        alpn: 'isthmus-tcp',
      }),
    );
    await until('it is refused', () => refused.closed());
    expect(cart.access.at(-1)).toMatchObject({ protocol: 'tcp', reason: 'access_denied' });
  });
});

describe('trust that changes', () => {
  it('ends the connections of an evicted cluster, in both directions', async () => {
    const { cart } = await open('hello');
    const app = await startHttpApp('west');
    running.keep(app.stop);
    await running.start({ cluster: 'west', service: 'web' });
    const caller = await dialAsPeer(running, { to: cart, identity: running.trust.identity('west', 'web') });
    await send(caller, `GET / HTTP/1.1\r\nhost: ${CART_HOST}\r\n\r\n`);
    const got = collect(caller);
    running.trust.authority('west');
    const evicted = running.trust.founder.evict('west' as never);
    if (!evicted.ok) throw new Error(evicted.error.message);
    cart.identity.setBundle(running.trust.founder.bundle());
    await until('it is ended', () => got.closed());
  });

  it('reuses no connection that was made with another certificate or bundle (S16)', async () => {
    const { app, cart } = await open('hello');
    const before = await running.interpose('east', cart);
    const web = await running.start({ cluster: 'east', service: 'web' });
    const via = web.sidecar.httpProxyAddress;
    const connectionsDuring = async (requests: number): Promise<number> => {
      const had = before.accepted();
      for (let i = 0; i < requests; i++) await ask({ via, url: `http://${CART_HOST}/` });
      return before.accepted() - had;
    };
    expect([await connectionsDuring(3), await connectionsDuring(3)]).toEqual([1, 0]);
    web.identity.rotate();
    expect([await connectionsDuring(3), await connectionsDuring(3)]).toEqual([1, 0]);
    web.identity.setBundle({ ...web.identity.bundle(), version: 7 });
    expect(await connectionsDuring(3)).toBe(1);
    expect(app.requests).toHaveLength(15);
  });
});
