import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createManualClock } from '../../mesh/adapters/clock/manual-clock.ts';
import { connectTcp } from './connect-tcp.ts';
import type { LaneSpec } from './lane.ts';

const servers: net.Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(port = 0): Promise<number> {
  const server = net.createServer((socket) => socket.destroy()).listen(port, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A port at which nothing listens. */
async function deadPort(): Promise<number> {
  const port = await listen();
  const server = servers.pop();
  server?.close();
  return port;
}

/** Dials a port that is refused, and is listened at from its first refusal on. */
async function connectAs(kind: LaneSpec['kind']) {
  const clock = createManualClock();
  const port = await deadPort();
  const spec = { kind, host: '127.0.0.1', port, address: `127.0.0.1:${port}` };
  const connecting = connectTcp(spec, { clock, timeoutMs: 1_000 });
  const refused = await Promise.race([connecting, untilPending(() => clock.pending() > 0)]);
  if (refused !== undefined) return refused;
  await listen(port);
  clock.advance(10);
  const connected = await connecting;
  if (connected.ok) connected.value.destroy();
  return connected;
}

async function untilPending(isPending: () => boolean): Promise<undefined> {
  while (!isPending()) await new Promise((resolve) => setImmediate(resolve));
  return undefined;
}

describe('the connection below a lane', () => {
  it('is tried again at the address of a gateway, which may stand for several', async () => {
    expect(await connectAs('gateway')).toMatchObject({ ok: true });
  });

  it('is refused at once at the address of an endpoint', async () => {
    expect(await connectAs('endpoint')).toMatchObject({ ok: false, error: { code: 'connect_failed' } });
  });
});
