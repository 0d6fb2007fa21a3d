/** S23: a newcomer believes nobody but the server whose root the token names, and tells nobody anything before. */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import net, { type AddressInfo, type Server } from 'node:net';
import tls from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import type { ProgramIdentity } from '../../model/identity.ts';
import type { Authority } from '../trust/authority.ts';
import { fingerprint } from '../trust/signed-bundle.ts';
import { fetchPinnedRoot } from './pinned-root.ts';
import { codeOf, foundMesh, issue, mesh } from './testing/test-mesh.ts';

const east = foundMesh('east');
const impostor = foundMesh('east');
const root = east.bundle().roots[0] ?? '';
const rootFingerprint = fingerprint(new X509Certificate(root).raw);
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const heard: Buffer[] = [];

async function listen(server: Server): Promise<number> {
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A join server of that cluster, with other certificates behind its own. */
function joinServer(authority: Authority, more: string): Promise<number> {
  const controller: ProgramIdentity = { kind: 'program', mesh, cluster: east.cluster, program: 'controller' };
  const { certificateChain, privateKey: key } = issue(authority, controller);
  const server = tls.createServer({ key, cert: certificateChain + more, ALPNProtocols: ['h2'] }, (socket) => {
    socket.on('error', () => undefined).on('data', (bytes: Buffer) => heard.push(bytes));
  });
  return listen(server.on('tlsClientError', () => undefined));
}

function fetch(port: number, timeoutMs = 5000): ReturnType<typeof fetchPinnedRoot> {
  const server = { host: '127.0.0.1', port, serverName: 'join.east.acme', rootFingerprint, timeoutMs };
  return fetchPinnedRoot(server);
}

describe('fetchPinnedRoot', () => {
  it('answers the root that the token names', async () => {
    const found = await fetch(await joinServer(east, root));
    expect(found.ok && new X509Certificate(found.value).raw).toEqual(new X509Certificate(root).raw);
  });

  it('refuses everybody else, also with a copy of the root, and tells them nothing', async () => {
    const theirs = impostor.bundle().roots[0] ?? '';
    const chains: [Authority, string][] = [
      [impostor, theirs],
      [impostor, root],
      [impostor, theirs + root],
      [east, ''],
      [east, theirs],
    ];
    for (const [authority, more] of chains)
      expect(codeOf(await fetch(await joinServer(authority, more)))).toBe('root_fingerprint_mismatch');
    expect(heard).toEqual([]);
  });

  it('gives up on a server that is silent, closes or speaks no TLS', async () => {
    const silent = await listen(
      net.createServer((socket) => void socket.on('error', () => undefined).resume()),
    );
    expect(codeOf(await fetch(silent, 50))).toBe('connect_timeout');
    const closing = await listen(
      net.createServer((socket) => void socket.on('error', () => undefined).end()),
    );
    expect(codeOf(await fetch(closing))).toBe('connect_failed');
    const plain = await listen(
      net.createServer((socket) => void socket.on('error', () => undefined).end('HTTP/1.1 400\r\n\r\n')),
    );
    expect(codeOf(await fetch(plain))).toBe('hello_malformed');
  });
});
