import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { startHttpApp, until } from './testing/applications.ts';
import { startOpenLoop } from './testing/open-loop.ts';
import { createRunningMesh, service, type RunningMesh } from './testing/running-mesh.ts';

let running: RunningMesh;
afterEach(() => running.stop());

async function startCart(text: string) {
  const app = await startHttpApp(text);
  running.keep(app.stop);
  const cart = await running.start({ cluster: 'east', service: 'cart', appPort: app.port });
  return running.interpose('east', cart);
}

describe('silence of all endpoints', () => {
  it('loses nothing once one of them is heard again, though requests went to the others meanwhile', async () => {
    running = createRunningMesh({ east: 'eu/eu-1' }, [service('web'), service('cart')]);
    const before = [await startCart('a'), await startCart('b')] as const;
    const settings = { connectTimeoutMs: 8_000, perTryTimeoutMs: 8_000 };
    const web = await running.start({ cluster: 'east', service: 'web', settings });
    const url = 'http://cart.shop.svc.clusterset.local/';
    const loop = startOpenLoop({ via: web.sidecar.httpProxyAddress, url, perSecond: 100 });
    running.keep(() => loop.stop());
    const servedBy = (text: string): number => loop.outcomes.filter(({ body }) => body === text).length;
    await until('both serve', () => servedBy('a') > 20 && servedBy('b') > 20);
    for (const one of before) one.freeze();
    await delay(1_500);
    before[1].thaw();
    await delay(500);
    await loop.stop();
    expect(loop.outcomes.filter(({ status, tookMs }) => status !== 200 || tookMs > 6_000)).toEqual([]);
  });
});
