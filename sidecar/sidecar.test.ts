import { afterEach, describe, expect, it } from 'vitest';
import { ask, startHttpApp } from './testing/applications.ts';
import { createRunningMesh, service, type RunningMesh } from './testing/running-mesh.ts';

let running: RunningMesh;
afterEach(() => running.stop());

const CART = 'http://cart.shop.svc.clusterset.local/items';

describe('two sidecars', () => {
  it('carry a request from the HTTP proxy to the application', async () => {
    running = createRunningMesh({ east: 'eu/eu-1' }, [service('web'), service('cart')]);
    const app = await startHttpApp('hello');
    running.keep(app.stop);
    await running.start({ cluster: 'east', service: 'cart', appPort: app.port });
    const web = await running.start({ cluster: 'east', service: 'web' });
    const answer = await ask({ via: web.sidecar.httpProxyAddress, url: CART });
    expect(answer).toMatchObject({ status: 200, body: 'hello' });
    expect(app.requests[0]).toMatchObject({
      method: 'GET',
      url: '/items',
      headers: { host: 'cart.shop.svc.clusterset.local' },
    });
  });
});
