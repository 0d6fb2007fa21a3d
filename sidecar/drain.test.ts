import { expect, it, onTestFinished } from 'vitest';
import { CART_HOST, dialAsPeer, send, startCartMesh } from './testing/mesh-peer.ts';

it('a sidecar that drains goes on serving, asks callers to close, and is done when nothing is under way', async () => {
  const { running, cart } = await startCartMesh(
    (_request, response) => void setTimeout(() => response.end('late'), 700),
  );
  onTestFinished(() => running.stop());
  const socket = await dialAsPeer(running, { to: cart, identity: running.trust.identity('east', 'web') });
  const slow = send(socket, `GET / HTTP/1.1\r\nhost: ${CART_HOST}\r\n\r\n`);
  const startedAt = performance.now();
  const drained = cart.sidecar.drain();
  expect([...running.cluster('east').endpoints.values()].map(({ endpoint }) => endpoint.ready)).toEqual([
    false,
  ]);
  expect(await slow).toMatch(/200[^]*connection: close/i);
  await drained;
  expect(performance.now() - startedAt).toBeGreaterThan(1_600);
  await cart.sidecar.stop();
  await cart.sidecar.stop();
  expect(running.cluster('east').endpoints.size).toBe(0);
});
