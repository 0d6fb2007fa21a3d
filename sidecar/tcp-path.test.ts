import { afterEach, describe, expect, it } from 'vitest';
import type { AppProtocol } from '../mesh/model/service.ts';
import { startHttpApp, startTcpApp, until } from './testing/applications.ts';
import { rawClient } from './testing/raw-client.ts';
import { createRunningMesh, key, service, type RunningMesh } from './testing/running-mesh.ts';

let running: RunningMesh;
afterEach(() => running.stop());

async function mesh(appProtocol: AppProtocol, accept: Parameters<typeof startTcpApp>[0]) {
  running = createRunningMesh({ east: 'eu/eu-1', west: 'us/us-1' }, [
    service('web'),
    service('ledger', appProtocol, 7000),
  ]);
  const app = await startTcpApp(accept);
  running.keep(app.stop);
  const ledger = await running.start({ cluster: 'east', service: 'ledger', appPort: app.port });
  const upstreams = [{ service: key('ledger'), port: 7000, localPort: 0 }];
  const web = await running.start({
    cluster: 'east',
    service: 'web',
    upstreams,
    settings: { detectTimeoutMs: 200 },
  });
  const listener = web.sidecar.listeners().find(({ service: of }) => of === key('ledger'));
  if (listener === undefined) throw new Error('no listener');
  return { app, ledger, web, listener };
}

const MIB = 1024 * 1024;

describe('TCP through two sidecars', () => {
  it('lets the server speak first where the port says tcp', async () => {
    const { listener } = await mesh('tcp', (socket) => {
      socket.write('ledger 1\n');
      socket.on('data', (chunk: Buffer) => socket.write(`ok ${chunk.toString()}`));
    });
    const client = await rawClient(listener);
    await client.expect(/^ledger 1\n$/);
    client.socket.write('line\n');
    await client.expect(/ok line\n$/);
    client.socket.destroy();
  });

  it('carries a FIN of either side to the other, with 1 MiB in flight (S9)', async () => {
    const { listener } = await mesh('tcp', (socket) => {
      let received = 0;
      socket.on('data', (chunk: Buffer) => (received += chunk.length));
      socket.on('end', () => {
        socket.write(`${received};`);
        socket.end(Buffer.alloc(MIB, 'x'));
      });
    });
    const client = await rawClient(listener);
    client.socket.end(Buffer.alloc(MIB, 'y'));
    await until('the server has ended', client.ended);
    expect(client.text().length).toBe(`${MIB};`.length + MIB);
    expect(client.text().startsWith(`${MIB};x`)).toBe(true);
    const other = await rawClient(listener);
    other.socket.write('more');
    other.socket.destroy();
  });

  it('goes on sending after the server has ended its side', async () => {
    let received = 0;
    let ended = false;
    const { listener } = await mesh('tcp', (socket) => {
      socket.end('bye');
      socket.on('data', (chunk: Buffer) => (received += chunk.length));
      socket.on('end', () => (ended = true));
    });
    const client = await rawClient(listener);
    await until('the FIN has come', client.ended);
    client.socket.end(Buffer.alloc(MIB));
    await until('all has come', () => ended);
    expect(received).toBe(MIB);
  });

  it('cuts the client when the server is reset', async () => {
    const { listener } = await mesh('tcp', (socket) => {
      socket.write('half');
      socket.once('data', () => socket.resetAndDestroy());
    });
    const client = await rawClient(listener);
    await client.expect(/half/);
    client.socket.write('x');
    await until('the client is cut', client.closed);
  });

  it('holds the sender back when the receiver does not read', async () => {
    const { listener } = await mesh('tcp', (socket) => void socket.pause());
    const client = await rawClient(listener);
    const chunk = Buffer.alloc(MIB);
    let taken = 0;
    let stuck = false;
    for (let i = 0; i < 100 && !stuck; i++) {
      if (client.socket.write(chunk)) taken += 1;
      else
        stuck = await Promise.race([
          new Promise<boolean>((go) => client.socket.once('drain', () => go(false))),
          quiet(300),
        ]);
      if (!stuck) taken += 1;
    }
    expect(stuck).toBe(true);
    expect(taken).toBeLessThan(40);
    client.socket.destroy();
  });

  it('detects HTTP by its first bytes, and takes everything else, or silence, for TCP', async () => {
    const { listener, web } = await mesh('detect', (socket) => void socket.pipe(socket));
    const talking = await rawClient(listener);
    talking.socket.write('\x16\x03binary');
    await talking.expect(/binary$/);
    talking.socket.destroy();
    const silent = await rawClient(listener);
    await until('the silent one is connected', () =>
      running.cluster('east').reports.some(({ services }) => (services[0]?.sent['east'] ?? 0) >= 2),
    );
    silent.socket.write('GET / HTTP/1.1\r\n\r\n');
    await silent.expect(/^GET \/ HTTP\/1\.1\r\n\r\n$/);
    silent.socket.destroy();
    await until('told', () => web.access.length === 2);
    expect(web.access.map(({ protocol }) => protocol)).toEqual(['tcp', 'tcp']);
  });

  it('detects HTTP and treats it as such', async () => {
    running = createRunningMesh({ east: 'eu/eu-1' }, [service('web'), service('cart', 'detect')]);
    const app = await startHttpApp('hello');
    running.keep(app.stop);
    await running.start({ cluster: 'east', service: 'cart', appPort: app.port });
    const web = await running.start({ cluster: 'east', service: 'web' });
    const listener = web.sidecar.listeners().find(({ service: of }) => of === key('cart'));
    const client = await rawClient(listener!);
    client.socket.write('GET / HTTP/1.1\r\n');
    client.socket.write(`host: 127.0.0.1:${listener!.port}\r\n\r\n`);
    await client.expect(/hello/);
    client.socket.destroy();
    expect(web.access[0]).toMatchObject({ protocol: 'http', status: 200 });
  });

  it('connects elsewhere when an endpoint refuses or is frozen', async () => {
    const { ledger, listener } = await mesh('tcp', (socket) => void socket.write('first'));
    const app = await startTcpApp((socket) => void socket.write('second'));
    running.keep(app.stop);
    const west = await running.start({ cluster: 'west', service: 'ledger', appPort: app.port });
    await running.openGateway('west', west);
    const before = await running.interpose('east', ledger);
    before.freeze();
    const frozen = await rawClient(listener);
    await frozen.expect(/^second$/);
    frozen.socket.destroy();
    await before.kill();
    const killed = await rawClient(listener);
    await killed.expect(/^second$/);
    killed.socket.destroy();
  });

  it('keeps a stream that is silent', async () => {
    const { listener, web } = await mesh(
      'tcp',
      (socket) => void socket.on('data', (chunk: Buffer) => socket.write(chunk)),
    );
    const client = await rawClient(listener);
    client.socket.write('a');
    await client.expect(/a/);
    await quiet(800);
    client.socket.write('b');
    await client.expect(/ab/);
    client.socket.destroy();
    expect(web.log.lines.filter(({ message }) => message.startsWith('upstream'))).toEqual([]);
  });
});

function quiet(ms: number): Promise<true> {
  return new Promise((resolve) => setTimeout(() => resolve(true), ms));
}
