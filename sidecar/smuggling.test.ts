/**
 * Request smuggling (S10, S17): a corpus of ambiguous messages through two real sidecars. What reaches the application
 * must be what Node's own parser sees in the same bytes, or the beginning of it; and each request that reaches the
 * application is answered.
 */
import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { HostPort } from './addresses.ts';
import { ambiguousMessages } from './testing/ambiguous-messages.ts';
import { createRunningMesh, key, service, type RunningMesh } from './testing/running-mesh.ts';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly body: string;
}

interface Recorder extends HostPort {
  /** What came since the last call. */
  take(): readonly Seen[];
  stop(): Promise<void>;
}

/** One application, and one recorder that reads the bytes as they are. */
interface Lane {
  readonly through: HostPort;
  readonly behind: Recorder;
  readonly oracle: Recorder;
}

const LANES = 4;
const running: RunningMesh = createRunningMesh({ east: 'eu/eu-1' }, [
  service('web'),
  ...Array.from({ length: LANES }, (_, i) => service(`cart-${i}`)),
]);
const recorders: Recorder[] = [];
let lanes: readonly Lane[];

beforeAll(async () => {
  for (let i = 0; i < 2 * LANES; i++) recorders.push(await record());
  for (let i = 0; i < LANES; i++) {
    await running.start({ cluster: 'east', service: `cart-${i}`, appPort: recorders[i]!.port });
  }
  const web = await running.start({ cluster: 'east', service: 'web' });
  lanes = recorders.slice(0, LANES).map((behind, i) => {
    const through = web.sidecar.listeners().find(({ service: of }) => of === key(`cart-${i}`));
    if (through === undefined) throw new Error(`no listener for cart-${i}`);
    return { through, behind, oracle: recorders[LANES + i]! };
  });
});
afterAll(async () => {
  await running.stop();
  for (const recorder of recorders) await recorder.stop();
});

async function record(): Promise<Recorder> {
  let seen: Seen[] = [];
  const server = http.createServer((request, response) => {
    let body = '';
    request.setEncoding('latin1').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      seen.push({ method: request.method ?? '', url: request.url ?? '', body });
      response.end('ok');
    });
  });
  // Node's server answers a client that has ended its side only when told to.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    take() {
      const taken = seen;
      seen = [];
      return taken;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** Sends the bytes and ends its side; answers how many 200s had come when the other side ended. */
async function send(bytes: string, { host, port }: HostPort): Promise<number> {
  const socket = net.connect({ host, port, allowHalfOpen: true });
  let text = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  socket.on('error', () => undefined);
  socket.end(Buffer.from(bytes, 'latin1'));
  await Promise.race([once(socket, 'close'), new Promise((ended) => socket.once('end', ended))]);
  socket.destroy();
  return text.match(/HTTP\/1\.1 200 /g)?.length ?? 0;
}

/** The path in the form in which it is sent on: dots are resolved, and an absolute target loses its authority. */
function canonical({ method, url, body }: Seen): Seen {
  return { method, url: url.replace(/^http:\/\/[^/]+/, '').replace('/../', '/'), body };
}

it('sends on what Node reads in the same bytes, or nothing (S10, S17)', { timeout: 60_000 }, async () => {
  const messages = [...ambiguousMessages()];
  expect(messages.length).toBeGreaterThan(300);
  let accepted = 0;
  const work = async ({ through, behind, oracle }: Lane): Promise<void> => {
    for (let message = messages.pop(); message !== undefined; message = messages.pop()) {
      const { name, bytes } = message;
      await send(bytes, oracle);
      const expected = oracle.take().map(canonical);
      const answered = await send(bytes, through);
      const got = behind.take().map(canonical);
      expect(got, `${name}: the beginning of what Node reads`).toEqual(expected.slice(0, got.length));
      expect(answered, `${name}: every request that reached the application is answered`).toBe(got.length);
      accepted += got.length;
    }
  };
  await Promise.all(lanes.map(work));
  expect(accepted).toBeGreaterThan(20);
});
