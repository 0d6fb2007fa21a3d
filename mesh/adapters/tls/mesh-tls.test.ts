import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import tls, { type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import type { Result } from '../../kit/result.ts';
import type { Fault } from '../../model/fault.ts';
import type { ClusterName } from '../../model/names.ts';
import type { MeshIdentity } from '../../ports/mesh-identity.ts';
import { connectMeshTls, type MeshTlsClientOptions, type MeshTlsConnection } from './mesh-tls.ts';
import {
  codeOf,
  foundMesh,
  heldIdentity,
  issue,
  joinMesh,
  listen,
  testIdentity,
  until,
  valueOf,
  workload,
  type TestServer,
} from './testing/test-mesh.ts';

const east = foundMesh('east');
const west = joinMesh(east, 'west');
const [eastCart, westCart] = [testIdentity(east), testIdentity(west)];
const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

async function serve(...args: Parameters<typeof listen>): Promise<TestServer> {
  const server = await listen(...args);
  ends.push(() => server.stop());
  return server;
}

async function dial(
  server: { port: number },
  identity: MeshIdentity,
  options: Partial<MeshTlsClientOptions> = {},
): Promise<Result<MeshTlsConnection, Fault>> {
  const link = await connectMeshTls({
    ...{ identity, expect: { kind: 'member' }, to: { host: '127.0.0.1', port: server.port } },
    ...{ serverName: 'abc.east.acme', alpn: ['isthmus-tcp'], timeoutMs: 5000, now: () => Date.now() },
    ...options,
  });
  if (link.ok) ends.push(() => link.value.socket.destroy());
  return link;
}

/** A client of our own protocol without our checks. */
function rawClient(
  port: number,
  identity: MeshIdentity | undefined,
  options: tls.ConnectionOptions = {},
): TLSSocket {
  const socket = tls.connect({
    ...{ port, host: '127.0.0.1', ca: [...east.bundle().roots], checkServerIdentity: () => undefined },
    ...{ servername: 'abc.east.acme', ALPNProtocols: ['isthmus-tcp'] },
    ...(identity && {
      cert: identity.credentials().certificateChain,
      key: identity.credentials().privateKey,
    }),
    ...options,
  });
  socket.on('error', () => undefined);
  ends.push(() => socket.destroy());
  return socket;
}

describe('a mesh link', () => {
  it('proves both identities, over TLS 1.3, with server name and protocol', async () => {
    const seen: unknown[] = [];
    const server = await serve(eastCart, {
      onConnection: (socket, peer) =>
        seen.push(socket.servername, socket.alpnProtocol, socket.getProtocol(), peer),
    });
    const { peer, socket } = valueOf(await dial(server, westCart));
    await until(() => seen.length > 0);
    expect(peer).toEqual(workload('east'));
    expect(seen).toEqual(['abc.east.acme', 'isthmus-tcp', 'TLSv1.3', workload('west')]);
    expect(socket.getCipher().version).toBe('TLSv1.3');
  });

  it('can be spoken on a socket that is connected already, and ends it when it fails', async () => {
    const server = await serve(eastCart);
    const good = net.connect(server.port, '127.0.0.1');
    await once(good, 'connect');
    expect(codeOf(await dial(server, westCart, { to: { socket: good } }))).toBe('accepted');
    const bad = net.connect(server.port, '127.0.0.1');
    await once(bad, 'connect');
    const expectation = { kind: 'program', program: 'gateway' } as const;
    expect(codeOf(await dial(server, westCart, { to: { socket: bad }, expect: expectation }))).toBe(
      'identity_mismatch',
    );
    await until(() => bad.destroyed);
  });

  it('refuses a valid peer that is not the expected one', async () => {
    const server = await serve(eastCart, {
      expect: { kind: 'program', program: 'controller', cluster: 'east' as ClusterName },
    });
    const shop = {
      kind: 'workload',
      namespace: workload('x').namespace,
      serviceAccounts: [workload('x').serviceAccount],
    } as const;
    expect(
      codeOf(await dial(server, westCart, { expect: { ...shop, cluster: 'west' as ClusterName } })),
    ).toBe('trust_domain_mismatch');
    expect(
      codeOf(
        await dial(server, westCart, {
          expect: { ...shop, cluster: 'east' as ClusterName, serviceAccounts: [] },
        }),
      ),
    ).toBe('identity_mismatch');
    const ended = valueOf(await dial(server, westCart)).socket.resume();
    await once(ended, 'close');
    await until(() => server.refused.length === 3);
    expect(server.refused.at(-1)?.code).toBe('trust_domain_mismatch');
    expect(server.accepted).toEqual([]);
  });

  it('never resumes a session (S21)', async () => {
    const reused: boolean[] = [];
    const server = await serve(eastCart, {
      onConnection: (socket) => {
        reused.push(socket.isSessionReused());
        socket.write('hello');
      },
    });
    let session: Buffer | undefined;
    for (let i = 0; i < 20; i++) {
      const socket = rawClient(server.port, westCart, session && { session });
      socket.on('session', (ticket: Buffer) => {
        session = ticket;
      });
      await Promise.race([once(socket, 'data'), once(socket, 'close')]);
      session ??= socket.getSession();
      reused.push(socket.isSessionReused());
      socket.destroy();
      expect(reused).not.toContain(true);
    }
    for (let i = 0; i < 20; i++) reused.push(valueOf(await dial(server, westCart)).socket.isSessionReused());
    await until(() => reused.length === 80);
    expect(reused).not.toContain(true);
    expect(session).toBeDefined();
  });

  it('needs a protocol of the link', async () => {
    const server = await serve(eastCart);
    expect(codeOf(await dial(server, westCart, { alpn: ['h2'] }))).toBe('protocol_mismatch');
    rawClient(server.port, westCart, { ALPNProtocols: [] });
    await until(() => server.refused.length === 2);
    expect(server.refused.map(({ code }) => code)).toEqual(['protocol_mismatch', 'protocol_mismatch']);
    const plain = tls.createServer({
      key: eastCart.credentials().privateKey,
      cert: eastCart.credentials().certificateChain,
    });
    plain.listen(0, '127.0.0.1');
    ends.push(() => plain.close());
    await once(plain, 'listening');
    expect(codeOf(await dial(plain.address() as AddressInfo, westCart))).toBe('protocol_mismatch');
  });

  it('takes new certificates without a restart, and stays on TLS 1.3', async () => {
    const identity = testIdentity(east);
    const server = await serve(identity);
    const before = valueOf(await dial(server, westCart)).socket;
    const fresh = issue(east, identity.id);
    identity.use({ credentials: fresh });
    const after = rawClient(server.port, westCart);
    await once(after, 'secureConnect');
    expect(after.getPeerX509Certificate()?.serialNumber.toLowerCase()).toBe(fresh.serial);
    expect(before.destroyed).toBe(false);
    rawClient(server.port, westCart, { maxVersion: 'TLSv1.2' });
    await until(() => server.refused.length === 1);
    expect(server.refused[0]?.code).toBe('protocol_mismatch');
  });

  it('keeps the last good certificate when a new one cannot be read', async () => {
    const identity = testIdentity(east);
    const server = await serve(identity);
    identity.use({ credentials: { ...identity.credentials(), certificateChain: 'junk', serial: '1' } });
    expect(server.refused.map(({ code }) => code)).toEqual(['bundle_invalid']);
    expect(codeOf(await dial(server, westCart))).toBe('accepted');
    expect(codeOf(await dial(server, identity))).toBe('bundle_missing');
  });
});

describe('a withdrawn member', () => {
  it('is refused, and its open connections end, at both ends (S25)', async () => {
    const founder = foundMesh('east');
    const member = joinMesh(founder, 'west');
    const [ours, theirs] = [testIdentity(founder), testIdentity(member)];
    const [inbound, outbound] = [await serve(ours), await serve(theirs)];
    const dialled = valueOf(await dial(inbound, theirs)).socket.resume();
    const dialling = valueOf(await dial(outbound, ours)).socket.resume();
    await until(() => inbound.accepted.length + outbound.accepted.length === 2);
    valueOf(founder.evict('west' as ClusterName));
    ours.use({ bundle: founder.bundle() });
    await until(() => dialled.destroyed && dialling.destroyed, 2_000);
    expect(codeOf(await dial(outbound, ours))).toBe('cluster_evicted');
    const again = valueOf(await dial(inbound, theirs)).socket.resume();
    await once(again, 'close');
    expect(inbound.refused.map(({ code }) => code)).toEqual(['cluster_evicted']);
    expect(inbound.accepted).toHaveLength(1);
  });
});

describe('what hostile or absent peers can do', () => {
  it('refuses everybody while the bundle is empty or damaged (S22)', async () => {
    const root = east.bundle().roots[0] ?? '';
    const damaged = root.replace(/[A-Z]{3}/, 'AAA');
    for (const roots of [[], [damaged], [foundMesh('east').bundle().roots[0] ?? '']]) {
      const bundle = { ...east.bundle(), roots, version: 5 };
      const identity = heldIdentity(workload('east'), eastCart.credentials(), east.bundle());
      const server = await serve(identity);
      identity.use({ bundle });
      const lost = rawClient(server.port, westCart);
      await once(lost, 'close');
      const codes = server.refused.map(({ code }) => code);
      expect(codes.length).toBeGreaterThan(0);
      expect(server.accepted).toEqual([]);
      const dialled = await dial(await serve(westCart), identity);
      expect(dialled.ok).toBe(false);
    }
  });

  it('bounds handshakes in number and time', async () => {
    const server = await serve(eastCart, { maxHandshakes: 3, handshakeTimeoutMs: 150 });
    const silent = Array.from({ length: 5 }, () => net.connect(server.port, '127.0.0.1'));
    const closed = silent.map((socket) =>
      once(
        socket.on('error', () => undefined),
        'close',
      ),
    );
    await Promise.all(closed);
    const codes = server.refused.map(({ code }) => code).sort();
    expect(codes.filter((code) => code === 'hello_half_open_cap')).toHaveLength(2);
    expect(codes.filter((code) => code === 'connect_timeout')).toHaveLength(3);
    expect(codeOf(await dial(server, westCart))).toBe('accepted');
  });

  it('names what is not TLS', async () => {
    const server = await serve(eastCart);
    const http = net.connect(server.port, '127.0.0.1', () => http.write('GET / HTTP/1.1\r\n\r\n'));
    await once(
      http.on('error', () => undefined),
      'close',
    );
    expect(server.refused.map(({ code }) => code)).toEqual(['hello_malformed']);
  });

  it('gives up in time, on request, and on impossible names', async () => {
    const silent = net.createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const silentPort = silent.address() as AddressInfo;
    expect(codeOf(await dial(silentPort, westCart, { timeoutMs: 50 }))).toBe('connect_timeout');
    const controller = new AbortController();
    const given = dial(silentPort, westCart, { signal: controller.signal });
    controller.abort();
    expect(codeOf(await given)).toBe('client_closed');
    silent.close();
    await once(silent, 'close');
    expect(codeOf(await dial(silentPort, westCart))).toBe('connect_failed');
    for (const serverName of ['', 'a'.repeat(300), 'a\0b', 'é', '.', 'a b'])
      expect(codeOf(await dial(silentPort, westCart, { serverName }))).toBe('sni_invalid');
  });

  it('stops with handshakes under way', async () => {
    const server = await listen(eastCart);
    const accepted = once(server.server, 'connection');
    const silent = net.connect(server.port, '127.0.0.1');
    await accepted;
    await Promise.all([server.stop(), once(silent.resume(), 'close')]);
    expect(server.server.listening).toBe(false);
  });
});
