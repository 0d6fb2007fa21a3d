import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../mesh/adapters/clock/system-clock.ts';
import type { LocalPort, MeshView } from '../../mesh/model/mesh-view.ts';
import type { ServiceKey } from '../../mesh/model/names.ts';
import { firstTarget, watchReadiness } from './readiness.ts';

async function listening(): Promise<number> {
  const server = createServer((socket) => socket.end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

describe('an application', () => {
  it('is ready when it listens where something says that it does, however late that is said', async () => {
    const told: boolean[] = [];
    const place: { port?: number } = {};
    let asked = 0;
    onTestFinished(
      watchReadiness(
        systemClock,
        () => {
          asked += 1;
          return place.port;
        },
        (ready) => told.push(ready),
      ),
    );
    await vi.waitFor(() => expect(asked).toBeGreaterThan(1), { timeout: 5_000 });
    expect(told).toEqual([]);
    place.port = await listening();
    await vi.waitFor(() => expect(told).toEqual([true]), { timeout: 5_000 });
  });
});

describe('the port that a Service says its pods have', () => {
  const cart = 'shop/cart' as ServiceKey;
  const viewOf = (...ports: readonly Partial<LocalPort>[]): MeshView =>
    ({ services: new Map([[cart, { key: cart, ports }]]) }) as unknown as MeshView;

  it('is that of the first port that this cluster has itself', () => {
    const remote = { port: 79, targetPort: 79, remoteOnly: true };
    expect(firstTarget(viewOf(remote, { port: 80, targetPort: 8080 }, { targetPort: 9000 }), cart)).toBe(
      8080,
    );
    expect(firstTarget(viewOf(remote), cart)).toBeUndefined();
    expect(firstTarget(viewOf(), 'shop/till' as ServiceKey)).toBeUndefined();
  });
});
