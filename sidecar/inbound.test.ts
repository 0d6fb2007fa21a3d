import { afterEach, describe, expect, it } from 'vitest';
import { until } from './testing/applications.ts';
import { fakeRouteId } from './testing/fake-discovery.ts';
import {
  CART_HOST,
  collect,
  dialAsPeer,
  send,
  startCartMesh,
  statusOf,
  type CartMesh,
} from './testing/mesh-peer.ts';
import { key, type RunningMesh } from './testing/running-mesh.ts';

let running: RunningMesh;
afterEach(() => running.stop());

async function open(handle: Parameters<typeof startCartMesh>[0]): Promise<CartMesh> {
  const opened = await startCartMesh(handle);
  running = opened.running;
  return opened;
}

describe('the inbound listener', () => {
  it('refuses a Host that names another service than its own (S7)', async () => {
    const { app, cart } = await open('secret');
    const identity = running.trust.identity('west', 'web');
    for (const host of [
      'web.shop.svc.clusterset.local',
      'cart.pay.svc.clusterset.local',
      `${CART_HOST}:81`,
      'example.com',
      '127.0.0.1',
    ]) {
      const text = await send(
        await dialAsPeer(running, { to: cart, identity }),
        `GET / HTTP/1.1\r\nhost: ${host}\r\n\r\n`,
      );
      expect([host, statusOf(text)]).toEqual([host, 421]);
      const absolute = await send(
        await dialAsPeer(running, { to: cart, identity }),
        `GET http://${host}/ HTTP/1.1\r\nhost: ${host}\r\n\r\n`,
      );
      expect([host, statusOf(absolute)]).toEqual([host, 421]);
    }
    for (const host of [CART_HOST, `${CART_HOST}:80`, 'cart.shop']) {
      const text = await send(
        await dialAsPeer(running, { to: cart, identity }),
        `GET / HTTP/1.1\r\nhost: ${host}\r\n\r\n`,
      );
      expect([host, statusOf(text)]).toEqual([host, 200]);
    }
    expect(app.requests).toHaveLength(3);
  });

  it('closes connections whose server name is none of its routes', async () => {
    const { cart } = await open('secret');
    const identity = running.trust.identity('west', 'web');
    const other = fakeRouteId(running.cluster('east'), key('web'), 80);
    const own = fakeRouteId(running.cluster('east'), key('cart'), 80);
    for (const serverName of [`${other}.east.acme`, `${own}.west.acme`, 'localhost']) {
      const socket = await dialAsPeer(running, { to: cart, identity, serverName });
      const got = collect(socket);
      await until('it is closed', () => got.closed(), 2_000);
    }
    expect(await cart.metrics.expose()).toContain(
      'isthmus_refused_connections_total{reason="route_unknown"} 3',
    );
  });

  it('tells the application who calls from TLS alone, however the caller spells it (S13)', async () => {
    const { app, cart } = await open('hello');
    const identity = running.trust.identity('west', 'web');
    const forged = 'spiffe://east.acme/ns/shop/sa/admin';
    const spellings = [
      'x-isthmus-source',
      'X-Isthmus-Source-Cluster',
      'x-isthmus_source',
      'X_ISTHMUS_SOURCE',
      'x-forwarded-client-cert',
      'X-Forwarded_Client-Cert',
    ];
    // A field that `connection` names is taken out in any case, and must not take the true one with it.
    const fields = spellings.flatMap((name) => [
      `${name}: ${forged}\r\n`,
      `${name}: ${forged}\r\nconnection: ${name}\r\n`,
    ]);
    for (const lines of fields) {
      await send(
        await dialAsPeer(running, { to: cart, identity }),
        `GET / HTTP/1.1\r\nhost: ${CART_HOST}\r\n${lines}\r\n`,
      );
    }
    expect(app.requests).toHaveLength(fields.length);
    for (const { rawHeaders } of app.requests) {
      expect(rawHeaders.join('\n')).not.toContain(forged);
      expect(rawHeaders.join('\n')).toContain('west');
    }
  });

  it('answers probes for the application, not for itself', async () => {
    const { app, cart } = await open('hello');
    const identity = running.trust.identity('west', 'web');
    const good = collect(await dialAsPeer(running, { to: cart, identity, alpn: 'isthmus-probe' }));
    await until('it has answered', () => good.closed());
    expect(good.text()).toBe('ok\n');
    await app.stop();
    const bad = collect(await dialAsPeer(running, { to: cart, identity, alpn: 'isthmus-probe' }));
    await until('it has closed', () => bad.closed());
    expect(bad.text()).toBe('');
  });

  it('hides what its application says in the name of the mesh', async () => {
    const { cart } = await open((_request, response) => {
      response.writeHead(503, { 'x-isthmus-reason': 'application_unreachable' });
      response.end();
    });
    const identity = running.trust.identity('west', 'web');
    const text = await send(
      await dialAsPeer(running, { to: cart, identity }),
      `POST / HTTP/1.1\r\nhost: ${CART_HOST}\r\ncontent-length: 0\r\n\r\n`,
    );
    expect(statusOf(text)).toBe(503);
    expect(text).not.toContain('x-isthmus-reason');
  });
});
