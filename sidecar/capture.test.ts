import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { HostPort } from './addresses.ts';
import { ask, startHttpApp, startTcpApp, until } from './testing/applications.ts';
import { rawClient } from './testing/raw-client.ts';
import { createRunningMesh, service, type RunningMesh, type RunningSidecar } from './testing/running-mesh.ts';

let running: RunningMesh;
afterEach(() => running.stop());

const POD_IP = '10.1.0.7';
const CART_IP = '10.96.0.5';
const LEDGER_IP = '10.96.0.6';
const MIB = 1024 * 1024;

/** A caller in east whose connections are captured, with `original` as their destination. */
async function capturing(original: HostPort | (() => HostPort | undefined)): Promise<RunningSidecar> {
  running = createRunningMesh({ east: 'eu/eu-1', west: 'us/us-1' }, [
    service('web'),
    { ...service('cart'), clustersetIps: [CART_IP] },
    { ...service('ledger', 'tcp', 7000), clustersetIps: [LEDGER_IP] },
    { ...service('cart-0.west.cart'), clustersetIps: [POD_IP], near: true },
  ]);
  const originalOf = typeof original === 'function' ? original : (): HostPort => original;
  return running.start({ cluster: 'east', service: 'web', originalOf });
}

function captureOf({ sidecar }: RunningSidecar): HostPort {
  const [address] = sidecar.captureAddresses;
  if (address === undefined) throw new Error('captures nothing');
  return address;
}

const connectionsBy = async ({ metrics }: RunningSidecar, way: string): Promise<number> => {
  const [, count = '0'] =
    new RegExp(`isthmus_captured_connections_total{way="${way}"} (\\d+)`).exec(await metrics.expose()) ?? [];
  return Number(count);
};

describe('a captured connection', () => {
  it.each([CART_IP, 'cart.shop.svc.clusterset.local'])(
    'to a clusterset IP is a request to that service, of another cluster too, whose Host is %s',
    async (host) => {
      const web = await capturing({ host: CART_IP, port: 80 });
      const app = await startHttpApp('from west');
      running.keep(app.stop);
      const cart = await running.start({ cluster: 'west', service: 'cart', appPort: app.port });
      await running.openGateway('west', cart);
      const answer = await ask({ via: captureOf(web), url: '/stock', headers: { host } });
      expect([answer.status, answer.body]).toEqual([200, 'from west']);
      expect(app.requests[0]?.headers.host).toBe('cart.shop.svc.clusterset.local');
      expect(await connectionsBy(web, 'mesh')).toBe(1);
    },
  );

  // No gateway is open.
  it.each([
    'cart.shop.svc.clusterset.local',
    'cart-0.cart',
    'cart-0.west.cart.shop.svc.clusterset.local',
    POD_IP,
  ])(
    'to a pod of a headless service of the same network goes straight there, whatever its Host is: %s',
    async (host) => {
      const web = await capturing({ host: POD_IP, port: 80 });
      const app = await startHttpApp('cart-0');
      running.keep(app.stop);
      await running.start({
        cluster: 'west',
        service: 'cart-0.west.cart',
        serviceAccount: 'cart',
        appPort: app.port,
      });
      const answer = await ask({ via: captureOf(web), url: '/stock', headers: { host } });
      expect([answer.status, answer.body]).toEqual([200, 'cart-0']);
      expect(app.requests[0]?.headers).toMatchObject({
        host: 'cart-0.west.cart.shop.svc.clusterset.local',
        'x-isthmus-source': expect.stringContaining('spiffe://east.acme/') as string,
      });
    },
  );

  // Pods of one service look for each other before they are ready.
  it.each(['east', 'west'])(
    'to such a pod of %s that is not ready goes there all the same',
    async (cluster) => {
      const web = await capturing({ host: POD_IP, port: 80 });
      const app = await startHttpApp('cart-0');
      running.keep(app.stop);
      const cart = await running.start({
        cluster,
        service: 'cart-0.west.cart',
        serviceAccount: 'cart',
        appPort: app.port,
      });
      cart.sidecar.setReady(false);
      expect(running.cluster(cluster).endpoints.get(cart.sidecar.proxy)?.endpoint.ready).toBe(false);
      expect((await ask({ via: captureOf(web), url: '/' })).body).toBe('cart-0');
    },
  );

  it('to a clusterset IP is a stream where the port says tcp', async () => {
    const web = await capturing({ host: LEDGER_IP, port: 7000 });
    const app = await startTcpApp((socket) => void socket.end('ledger 1\n'));
    running.keep(app.stop);
    await running.start({ cluster: 'east', service: 'ledger', appPort: app.port });
    const client = await rawClient(captureOf(web));
    await client.expect(/^ledger 1\n$/);
    client.socket.destroy();
  });

  it('follows an address that a service was given later', async () => {
    const web = await capturing({ host: '10.96.0.9', port: 80 });
    const app = await startHttpApp('new');
    running.keep(app.stop);
    await running.start({ cluster: 'east', service: 'cart', appPort: app.port });
    running.mesh.services = [{ ...service('cart'), clustersetIps: ['10.96.0.9'] }];
    running.mesh.publish();
    expect((await ask({ via: captureOf(web), url: '/' })).body).toBe('new');
  });

  it('to anything else goes on byte for byte, each direction ending by itself', async () => {
    let received = 0;
    const app = await startTcpApp((socket) => {
      socket.on('data', (chunk: Buffer) => (received += chunk.length));
      socket.on('end', () => socket.end(`${received};`));
    });
    const web = await capturing({ host: '127.0.0.1', port: app.port });
    running.keep(app.stop);
    const client = await rawClient(captureOf(web));
    client.socket.end(Buffer.alloc(MIB));
    await until('the server has ended', client.ended);
    expect(client.text()).toBe(`${MIB};`);
    expect(await connectionsBy(web, 'pass')).toBe(1);
  });

  it('to what refuses it is reset', async () => {
    const free = net.createServer().listen(0, '127.0.0.1');
    await new Promise((listening) => free.once('listening', listening));
    const { port } = free.address() as net.AddressInfo;
    await new Promise((closed) => free.close(closed));
    const web = await capturing({ host: '127.0.0.1', port });
    const answer = await ask({ via: captureOf(web), url: '/' });
    expect(answer).toMatchObject({ status: 0, body: 'ECONNRESET' });
  });

  it('ends with the sidecar', async () => {
    const app = await startTcpApp((socket) => void socket.write('open'));
    const web = await capturing({ host: '127.0.0.1', port: app.port });
    running.keep(app.stop);
    const client = await rawClient(captureOf(web));
    await client.expect(/open/);
    await web.sidecar.stop();
    await until('both ends are closed', () => client.ended() && app.connections() === 0);
  });

  it.each([
    ['to the capture port itself', captureOf],
    ['to nobody knows where', () => undefined],
  ])('%s is refused', async (_where, original) => {
    const web: RunningSidecar = await capturing(() => original(web));
    const answer = await ask({ via: captureOf(web), url: '/' });
    expect(answer).toMatchObject({ status: 0, body: 'ECONNRESET' });
    expect(await connectionsBy(web, 'refuse')).toBe(1);
    expect(web.log.lines.map(({ message }) => message)).toContain('captured connection refused');
  });
});
