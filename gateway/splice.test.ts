import { createHash, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { once } from 'node:events';
import { Duplex } from 'node:stream';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  createRoot,
  generateKeyPair,
  intermediateName,
  issueIntermediate,
  issueLeaf,
  privateKeyToPem,
} from '../mesh/adapters/x509/issue.ts';
import type { Identity } from '../mesh/model/identity.ts';
import type { Namespace, ServiceAccount } from '../mesh/model/names.ts';
import { helloFor } from './decide/testing/hellos.ts';
import { SELF, sampleEndpoint, sampleService, serverNameOf } from './decide/testing/sample-view.ts';
import { splice } from './splice.ts';
import { createReadBuffers, Upstream } from './upstream.ts';
import { dial, eventually, runGateway, startBackend } from './testing/running.ts';

const MIB = 2 ** 20;
const HELLO = helloFor(serverNameOf('cart'));

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('half-close (S9)', () => {
  it('of the client is passed on while the answer still comes, byte for byte', async () => {
    const request = randomBytes(MIB);
    const answer = randomBytes(MIB);
    const got: Buffer[] = [];
    const backend = await startBackend((socket) => {
      socket.on('data', (chunk) => got.push(chunk));
      socket.on('end', () => socket.end(answer));
    });
    const { port } = await runGateway([sampleService('cart', [sampleEndpoint(backend.port)])]);
    const client = await dial(port, HELLO);
    client.socket.end(request);
    await client.ended;
    expect(digest(Buffer.concat(got))).toBe(digest(Buffer.concat([HELLO, request])));
    expect(digest(client.received())).toBe(digest(answer));
  });

  it('of the endpoint is passed on while the client still sends', async () => {
    const request = randomBytes(MIB);
    const answer = randomBytes(MIB);
    const got: Buffer[] = [];
    let finished = false;
    const backend = await startBackend((socket) => {
      socket.on('data', (chunk) => got.push(chunk));
      socket.on('end', () => (finished = true));
      socket.end(answer);
    });
    const { port, gateway } = await runGateway([sampleService('cart', [sampleEndpoint(backend.port)])]);
    const client = await dial(port, HELLO);
    await client.ended;
    expect(digest(client.received())).toBe(digest(answer));
    client.socket.end(request);
    await eventually('the endpoint has it all', () => finished);
    expect(digest(Buffer.concat(got))).toBe(digest(Buffer.concat([HELLO, request])));
    await eventually('closed on both sides', () => gateway.stats().open === 0);
  });

  it('that comes with the hello in one go is passed on', async () => {
    const backend = await startBackend((socket) => void socket.pipe(socket));
    const { port } = await runGateway([sampleService('cart', [sampleEndpoint(backend.port)])]);
    const client = await dial(port);
    client.socket.end(HELLO);
    await eventually('the answer has ended', () => client.socket.readableEnded, 1_000);
    expect(client.received()).toEqual(HELLO);
  });
});

describe('the second of two half-closes', () => {
  it('comes when the last of the answer is written, not before', async () => {
    const backend = await startBackend((socket) => socket.resume().on('end', () => socket.end('answer')));
    const upstream = new Upstream(
      { address: '127.0.0.1', port: backend.port },
      { buffers: createReadBuffers() },
    );
    await once(upstream.socket, 'connect');
    let written: (() => void) | undefined;
    const client = new Duplex({ read() {}, write: (_chunk, _encoding, done) => void (written = done) });
    const ended = new Promise<boolean>((resolve) => {
      const events = { moved: () => undefined, done: resolve };
      splice(client as Socket, upstream, { first: HELLO, events });
    });
    client.push(null);
    await once(upstream.socket, 'close');
    expect([client.writableLength, client.destroyed]).toEqual(['answer'.length, false]);
    written?.();
    expect(await ended).toBe(true);
  });
});

describe('what a splice never does', () => {
  it('mix up connections, however slowly their clients read', async () => {
    const answers = Array.from({ length: 6 }, (_, i) => Buffer.alloc(4 * MIB, randomBytes(1000 + i)));
    let accepted = 0;
    const backend = await startBackend((socket) => {
      const answer = answers[accepted++] ?? Buffer.alloc(0);
      // Its number first; then pieces of all sizes, so that reads are small and large.
      socket.write(Buffer.from([accepted - 1]));
      for (let at = 0, size = 1; at < answer.length; at += size, size = (size * 7 + 13) % 300_000) {
        socket.write(answer.subarray(at, at + size));
      }
      socket.end();
    });
    const { port } = await runGateway([sampleService('cart', [sampleEndpoint(backend.port)])]);
    const clients = await Promise.all(answers.map(() => dial(port, HELLO)));
    for (const { socket } of clients) socket.pause();
    // One after the other: the ones that wait hold what they have not been able to pass on.
    for (const { socket, ended } of clients) {
      socket.resume();
      await ended;
    }
    const digests = clients.map(({ received }) => digest(received().subarray(1)));
    const sent = clients.map(({ received }) => digest(answers[received()[0] ?? 0] ?? Buffer.alloc(0)));
    expect(digests).toEqual(sent);
  });

  it('turn a reset into a clean end', async () => {
    const backend = await startBackend((socket) => {
      socket.once('data', () => socket.write('part', () => socket.resetAndDestroy()));
    });
    const { port, metric } = await runGateway([sampleService('cart', [sampleEndpoint(backend.port)])]);
    const client = await dial(port, HELLO);
    const clean = await new Promise<boolean>((resolve) => {
      client.socket.once('end', () => resolve(true)).once('error', () => resolve(false));
    });
    expect(clean).toBe(false);
    const reset = (): Promise<number> => metric('isthmus_gateway_connections_total', 'outcome="reset"');
    await eventually('counted', async () => (await reset()) === 1);
  });

  it('leave the endpoint connected when the client is reset', async () => {
    const backend = await startBackend();
    const { port, gateway } = await runGateway([sampleService('cart', [sampleEndpoint(backend.port)])]);
    const client = await dial(port, HELLO);
    await eventually('spliced', () => gateway.stats().open === 1);
    client.socket.resetAndDestroy();
    await eventually('the endpoint is free', () => backend.accepted[0]!.destroyed, 2_000);
    expect(gateway.stats().open).toBe(0);
  });

  it('hold more than a little for a client that does not read', async () => {
    let serving: Socket | undefined;
    const backend = await startBackend((socket) => {
      serving = socket;
      flood(socket);
    });
    const { port } = await runGateway([sampleService('cart', [sampleEndpoint(backend.port)])]);
    const client = await dial(port, HELLO);
    client.socket.pause();
    await eventually('it flows', () => (serving?.bytesWritten ?? 0) > 0);
    expect(await writtenUntilItStops(serving!)).toBeLessThan(50 * MIB);
  });

  it('hold more than a little for an endpoint that does not read', async () => {
    const backend = await startBackend((socket) => void socket.pause());
    const { port } = await runGateway([sampleService('cart', [sampleEndpoint(backend.port)])]);
    const { socket } = await dial(port, HELLO);
    flood(socket);
    expect(await writtenUntilItStops(socket)).toBeLessThan(50 * MIB);
  });
});

/** Writes up to 200 MiB, as fast as they are taken. */
function flood(socket: Socket): void {
  const chunk = Buffer.alloc(64 * 1024);
  const fill = (): void => {
    while (socket.writableLength < 4 * MIB && socket.bytesWritten < 200 * MIB && socket.write(chunk));
  };
  socket.on('drain', fill);
  fill();
}

async function writtenUntilItStops(socket: Socket): Promise<number> {
  let before = -1;
  await eventually('it stops', async () => {
    const stalled = before === socket.bytesWritten;
    before = socket.bytesWritten;
    await new Promise((resolve) => setTimeout(resolve, 100));
    return stalled;
  });
  return socket.bytesWritten;
}

describe('TLS', () => {
  it('runs end to end through the gateway, which sees neither side in clear', async () => {
    const { server, ca, request } = await tlsEcho();
    const { port, gateway } = await runGateway([sampleService('cart', [sampleEndpoint(server)])]);
    const secret = randomBytes(300_000).toString('hex');
    const socket = connect({
      ...{ host: '127.0.0.1', port, servername: serverNameOf('cart').toUpperCase(), ca },
      ...{ minVersion: 'TLSv1.3', ALPNProtocols: ['isthmus-tcp'], checkServerIdentity: () => undefined },
    });
    onTestFinished(() => void socket.destroy());
    await once(socket, 'secureConnect');
    expect(socket.authorized).toBe(true);
    expect(socket.alpnProtocol).toBe('isthmus-tcp');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk)).end(secret);
    await once(socket, 'end');
    expect(Buffer.concat(chunks).toString() === secret).toBe(true);
    expect(request.alpn).toBe('isthmus-tcp');
    await eventually('closed', () => gateway.stats().open === 0);
  });
});

/** A TLS server with a certificate of the mesh, which sends back what it gets. */
async function tlsEcho(): Promise<{ server: number; ca: string; request: { alpn: unknown } }> {
  const nowMs = Date.now();
  const root = createRoot(SELF.mesh, generateKeyPair(), nowMs);
  const [issuerKeys, leafKeys] = [generateKeyPair(), generateKeyPair()];
  const intermediate = issueIntermediate(root, { ...SELF, publicKey: issuerKeys.publicKey, nowMs });
  const commonName = intermediateName(SELF.cluster, SELF.mesh);
  const issuer = { certificate: intermediate, privateKey: issuerKeys.privateKey, commonName };
  const account = { namespace: 'shop' as Namespace, serviceAccount: 'cart' as ServiceAccount };
  const identity: Identity = { kind: 'workload', ...SELF, ...account };
  const leaf = issueLeaf(issuer, { identity, publicKey: leafKeys.publicKey, nowMs });
  const request: { alpn: unknown } = { alpn: undefined };
  const server = createServer(
    {
      ...{ cert: leaf + intermediate, key: privateKeyToPem(leafKeys.privateKey) },
      ...{ minVersion: 'TLSv1.3', ALPNProtocols: ['isthmus-tcp'] },
    },
    (socket: TLSSocket) => {
      request.alpn = socket.alpnProtocol;
      socket.on('error', () => undefined).pipe(socket);
    },
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { server: (server.address() as AddressInfo).port, ca: root.certificate, request };
}
