import { describe, expect, it } from 'vitest';
import { helloFor } from './decide/testing/hellos.ts';
import { sampleEndpoint, sampleService, serverNameOf } from './decide/testing/sample-view.ts';
import { dial, eventually, runGateway, startBackend, type Client } from './testing/running.ts';

const HELLO = helloFor(serverNameOf('cart'));

async function drainable(drain: { acceptMs: number; deadlineMs: number; spreadMs: number }) {
  const backend = await startBackend((socket) => void socket.pipe(socket));
  const running = await runGateway([sampleService('cart', [sampleEndpoint(backend.port)])], {
    settings: { drain },
  });
  const open = async (): Promise<Client> => {
    const client = await dial(running.port, HELLO);
    await eventually('served', () => client.received().length === HELLO.length);
    return client;
  };
  const ready = (): boolean[] => running.discovery.registrations.map((one) => one.ready);
  return { ...running, backend, open, ready };
}

describe('a drain (F11)', () => {
  it('stops advertising first, accepts for a while, then refuses, and ends with the last connection', async () => {
    const { gateway, open, ready, port } = await drainable({
      ...{ acceptMs: 300, deadlineMs: 60_000, spreadMs: 0 },
    });
    const inUse = await open();
    expect(ready()).toEqual([true]);
    let over = false;
    const drained = gateway.drain().then(() => (over = true));
    expect(ready()).toEqual([true, false]);
    const late = await open();
    late.socket.end();
    const isRefused = async (): Promise<boolean> => {
      const client = await dial(port);
      const closed = client.socket.destroyed || client.socket.connecting;
      client.socket.destroy();
      return closed;
    };
    await eventually('no longer listening', isRefused);
    inUse.socket.write('in the middle of a request');
    await eventually('answered', () => inUse.received().toString().endsWith('of a request'));
    expect(over).toBe(false);
    inUse.socket.end();
    await drained;
    expect(gateway.stats()).toMatchObject({ open: 0, draining: true });
  });

  it('does not wait for streams between controllers', async () => {
    const federation = await startBackend((socket) => void socket.pipe(socket));
    const address = { host: '127.0.0.1', port: federation.port };
    const { gateway, port } = await runGateway([], {
      settings: { drain: { acceptMs: 0, deadlineMs: 60_000, spreadMs: 60_000 } },
      controllerTargets: () => ({ federation: address, join: address }),
    });
    const hello = helloFor('federation.east.acme');
    const stream = await dial(port, hello);
    await eventually('served', () => stream.received().length === hello.length);
    let drained = false;
    void gateway.drain().then(() => (drained = true));
    await eventually('the drain is over', () => drained, 2_000);
    await stream.ended;
    expect(gateway.stats()).toMatchObject({ open: 0, draining: true });
  });

  it('that is asked for twice is one drain', async () => {
    const { gateway, ready } = await drainable({ acceptMs: 0, deadlineMs: 0, spreadMs: 0 });
    await Promise.all([gateway.drain(), gateway.drain()]);
    expect(ready()).toEqual([true, false]);
  });

  it('closes what is left after the deadline, spread over time, with a clean end', async () => {
    const { gateway, open } = await drainable({ acceptMs: 0, deadlineMs: 200, spreadMs: 1_000 });
    const clients = await Promise.all(Array.from({ length: 40 }, open));
    const startedAt = performance.now();
    const ends = clients.map(async (client) => {
      let clean = true;
      client.socket.on('error', () => (clean = false));
      await client.ended;
      return { afterMs: performance.now() - startedAt, clean };
    });
    await gateway.drain();
    const seen = await Promise.all(ends);
    expect(seen.every((end) => end.clean)).toBe(true);
    const after = seen.map((end) => end.afterMs).sort((one, other) => one - other);
    expect(after[0]).toBeGreaterThan(199);
    expect(after.at(-1)! - after[0]!).toBeGreaterThan(500);
    expect(after.at(-1)).toBeLessThan(2_000);
  });

  it('loses no request of clients that follow the view, at a steady rate', async () => {
    const old = await drainable({ acceptMs: 300, deadlineMs: 5_000, spreadMs: 0 });
    const next = await runGateway([sampleService('cart', [sampleEndpoint(old.backend.port)])]);
    const pool: Client[] = [];
    let failed = 0;
    let answered = 0;
    const gatewayNow = (): number => (old.ready().at(-1) ? old.port : next.port);
    const request = async (): Promise<void> => {
      const port = gatewayNow();
      const pooled = pool.findIndex((client) => client.socket.remotePort === port);
      const client = pool.splice(pooled, pooled < 0 ? 0 : 1)[0] ?? (await dial(port, HELLO));
      const expected = Math.max(client.received().length, HELLO.length) + 4;
      client.socket.write('ping');
      const lost = client.ended.then(() => false);
      const served = eventually('answer', () => client.received().length >= expected).then(() => true);
      if (await Promise.race([served, lost])) answered += 1;
      else failed += 1;
      if (client.socket.remotePort === gatewayNow()) pool.push(client);
      else client.socket.end();
    };
    const running: Promise<void>[] = [];
    const load = setInterval(() => running.push(request()), 4);
    await eventually('warm', () => answered > 20);
    const drained = old.gateway.drain();
    for (const idle of pool.splice(0)) idle.socket.end();
    await drained;
    clearInterval(load);
    await Promise.all(running);
    expect(failed).toBe(0);
    expect(answered).toBeGreaterThan(50);
  });

  it.runIf(process.platform === 'linux')(
    'hands its port to a successor, and serves everyone who dials again once',
    async () => {
      const backend = await startBackend((socket) => void socket.pipe(socket));
      const services = [sampleService('cart', [sampleEndpoint(backend.port)])];
      const settings = { drain: { acceptMs: 200, deadlineMs: 200, spreadMs: 200 } };
      const start = (port: number) =>
        runGateway(services, { settings, listen: { host: '127.0.0.1', port, reusePort: true } });
      let current = await start(0);
      const { port } = current;
      let served = 0;
      let refused = 0;
      const isServed = async (): Promise<boolean> => {
        const client = await dial(port, HELLO);
        const answer = eventually('served', () => client.received().length > 0).then(() => true);
        const outcome = await Promise.race([client.ended.then(() => false), answer]);
        client.socket.end();
        return outcome;
      };
      // What waits in the queue of a closing listener is reset by the kernel. No handshake was answered, so nothing
      // was sent: every client dials again.
      const request = async (): Promise<void> => {
        if ((await isServed()) || (await isServed())) served += 1;
        else refused += 1;
      };
      const running: Promise<void>[] = [];
      const load = setInterval(() => running.push(request()), 5);
      for (let restart = 0; restart < 3; restart++) {
        const successor = await start(port);
        await current.gateway.drain();
        await current.gateway.stop();
        current = successor;
      }
      clearInterval(load);
      await Promise.all(running);
      expect(refused).toBe(0);
      expect(served).toBeGreaterThan(60);
    },
  );
});
