import { afterEach, describe, expect, it } from 'vitest';
import type { SidecarSettings } from './settings.ts';
import { ask, startHttpApp, until, type Answer } from './testing/applications.ts';
import type { Forwarder } from './testing/forwarder.ts';
import { CART_HOST } from './testing/mesh-peer.ts';
import { createRunningMesh, service, type RunningMesh, type RunningSidecar } from './testing/running-mesh.ts';

let running: RunningMesh;
afterEach(() => running.stop());

interface Carts {
  /** In the other cluster. */
  readonly web: RunningSidecar;
  readonly carts: readonly RunningSidecar[];
  /** Before each of them. */
  readonly before: readonly Forwarder[];
  readonly gateway: Forwarder;
}

/** Carts behind a gateway that picks them in turn; they answer after 20 ms. */
async function startCarts(count: number, settings: Partial<SidecarSettings> = {}): Promise<Carts> {
  running = createRunningMesh({ east: 'eu/eu-1', west: 'us/us-1' }, [service('web'), service('cart')]);
  const app = await startHttpApp((_request, response) => void setTimeout(() => response.end('hello'), 20));
  running.keep(app.stop);
  const carts: RunningSidecar[] = [];
  const before: Forwarder[] = [];
  for (let started = 0; started < count; started++) {
    const cart = await running.start({ cluster: 'west', service: 'cart', appPort: app.port });
    carts.push(cart);
    before.push(await running.interpose('west', cart));
  }
  const gateway = await running.openGateway('west', ...before);
  return { carts, before, gateway, web: await running.start({ cluster: 'east', service: 'web', settings }) };
}

function getMany({ web }: Carts, count: number): Promise<Answer[]> {
  const url = `http://${CART_HOST}/`;
  return Promise.all(Array.from({ length: count }, () => ask({ via: web.sidecar.httpProxyAddress, url })));
}

function statuses(answers: readonly Answer[]): number[] {
  return answers.map(({ status }) => status);
}

describe('requests through a gateway', () => {
  it('share one connection to one endpoint, however many there are at once', async () => {
    const all = await startCarts(1);
    for (let round = 0; round < 3; round++) {
      expect(statuses(await getMany(all, 30))).toEqual(Array(30).fill(200));
    }
    expect(all.gateway.accepted()).toBe(1);
  });

  it('share four connections for each endpoint, and reach all of them alike', async () => {
    const all = await startCarts(2);
    for (let round = 0; round < 4; round++) {
      expect(statuses(await getMany(all, 40))).toEqual(Array(40).fill(200));
    }
    expect(all.gateway.accepted()).toBe(8);
    const [one = 0, other = 0] = all.carts.map(({ access }) => access.length);
    expect([one + other, Math.min(one, other) > 60]).toEqual([160, true]);
  });

  it('leave an endpoint that falls silent, though the others of its gateway answer', async () => {
    const all = await startCarts(2, { perTryTimeoutMs: 500 });
    await getMany(all, 40);
    all.before[1]?.freeze();
    const mostMs = 8_000;
    const frozenAt = performance.now();
    let left = false;
    const overdue = (): boolean => left || performance.now() - frozenAt > mostMs;
    // Some are answered all the time, so that the lane as a whole is never silent.
    const background = Array.from({ length: 4 }, async () => {
      while (!overdue()) await getMany(all, 1);
    });
    // Each time more at once than ever before: they need streams that are new.
    for (let atOnce = 50; !overdue(); atOnce += 10) {
      const asked = performance.now();
      const good = statuses(await getMany(all, atOnce)).every((status) => status === 200);
      left = good && performance.now() - asked < 450;
    }
    await Promise.all(background);
    expect(left).toBe(true);
  });

  it('go on while one of two endpoints ends, and use the connections to the other', async () => {
    const all = await startCarts(2);
    await getMany(all, 40);
    const ended = all.carts[1]?.sidecar.drain();
    for (let round = 0; round < 10; round++) {
      expect(statuses(await getMany(all, 16))).toEqual(Array(16).fill(200));
    }
    await ended;
    await until('the links to it are closed', () => all.before[1]?.connections() === 0);
  });
});
