import http from 'node:http';
import net from 'node:net';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ask, startTcpApp, until } from './testing/applications.ts';
import { CART_HOST, startCartMesh, type CartMesh } from './testing/mesh-peer.ts';
import { rawClient } from './testing/raw-client.ts';
import { createRunningMesh, service, type RunningMesh } from './testing/running-mesh.ts';

let running: RunningMesh;
afterEach(() => running.stop());

async function open(handle: Parameters<typeof startCartMesh>[0]): Promise<CartMesh> {
  const opened = await startCartMesh(handle);
  running = opened.running;
  return opened;
}

describe('the pool', () => {
  it('never delivers an answer that nobody asked for (S16)', async () => {
    running = createRunningMesh({ east: 'eu/eu-1' }, [service('web'), service('cart')]);
    let sockets = 0;
    const app = await startTcpApp((socket) => {
      sockets += 1;
      socket.on('end', () => socket.end());
      socket.on('data', () => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ngood');
        setTimeout(() => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil'), 10);
      });
    });
    running.keep(app.stop);
    await running.start({ cluster: 'east', service: 'cart', appPort: app.port });
    const web = await running.start({ cluster: 'east', service: 'web' });
    for (let i = 0; i < 5; i++) {
      expect((await ask({ via: web.sidecar.httpProxyAddress, url: `http://${CART_HOST}/` })).body).toBe(
        'good',
      );
      const gone = 'the unasked answer has come and its connection is gone';
      await until(gone, () => app.connections() === 0, 1_000);
    }
    expect(sockets).toBe(5);
  });
});

describe('upgrades', () => {
  it('become byte streams after the 101, in both directions', async () => {
    const { app } = await open('unused');
    await app.stop();
    const server = http.createServer().on('upgrade', (_request, socket: Socket) => {
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nhi;',
      );
      socket.pipe(socket);
    });
    await new Promise<void>((resolve) => server.listen(app.port, '127.0.0.1', resolve));
    running.keep(() => void server.close());
    const web = await running.start({ cluster: 'east', service: 'web' });
    const client = await rawClient(web.sidecar.httpProxyAddress);
    client.socket.write(
      `GET http://${CART_HOST}/chat HTTP/1.1\r\nhost: ${CART_HOST}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`,
    );
    expect(await client.expect(/hi;$/)).toMatch(/^HTTP\/1\.1 101 [^]*upgrade: websocket/i);
    client.socket.write('ping');
    await client.expect(/hi;ping$/);
    client.socket.end();
    await until('the end has come back', client.ended);
  });

  it('are refused when the client sends on before the 101 (S9)', async () => {
    const { app } = await open('unused');
    await app.stop();
    const seen: string[] = [];
    const server = net.createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => seen.push(chunk.toString()));
      setTimeout(
        () =>
          socket.write(
            'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
          ),
        50,
      );
    });
    await new Promise<void>((resolve) => server.listen(app.port, '127.0.0.1', resolve));
    running.keep(() => void server.close());
    const web = await running.start({ cluster: 'east', service: 'web' });
    const client = await rawClient(web.sidecar.httpProxyAddress);
    client.socket.write(
      `GET http://${CART_HOST}/chat HTTP/1.1\r\nhost: ${CART_HOST}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nearly`,
    );
    await until('it is closed', () => client.ended() || client.closed(), 2_000);
    expect(client.text()).not.toContain('101');
    expect(seen.join('')).not.toContain('early');
  });
});
