import { Metadata } from '@grpc/grpc-js';
import { once } from 'node:events';
import net, { type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ClusterName } from '../../model/names.ts';
import { createMeshTlsServer } from '../tls/mesh-tls.ts';
import { clientOptions, dialTarget } from './client.ts';
import { anonymousCredentials, meshCredentials } from './credentials.ts';
import { EnrolmentServiceClient } from './generated/isthmus/enrolment/v1/enrolment.ts';
import { foundMesh, issueIdentity } from './testing/test-mesh.ts';

const east = foundMesh('east');
const terms = {
  ...{ serverName: 'federation.east.acme', now: () => Date.now(), timeoutMs: 60_000 },
  expect: { kind: 'program', program: 'controller', cluster: 'east' as ClusterName },
} as const;
/** This end of the connections that were made. */
const secured: Socket[] = [];
const credentialsOf = {
  mesh: () =>
    meshCredentials({
      ...{ ...terms, identity: issueIdentity(east, '/isthmus/gateway') },
      onConnected: ({ socket }) => void secured.push(socket),
    }),
  anonymous: () => anonymousCredentials({ ...terms, bundle: east.bundle() }),
};

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function listen(server: Server): Promise<void> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}

/** Takes connections and says nothing, as the kernel does for a program that is frozen. */
async function frozenServer(): Promise<Server> {
  const server = net.createServer({ pauseOnConnect: true });
  ends.push(() => server.close());
  await listen(server);
  return server;
}

/** Shakes hands, and is frozen then. */
async function frozenAfterHandshake(): Promise<Server> {
  const { server, stop } = createMeshTlsServer({
    ...{ identity: issueIdentity(east, '/isthmus/controller'), expect: { kind: 'member' }, alpn: ['h2'] },
    ...{ handshakeTimeoutMs: 60_000, allowHalfOpen: true, now: terms.now },
    ...{ onConnection: () => undefined, onRefused: () => undefined },
  });
  ends.push(stop);
  await listen(server);
  return server;
}

/** A call that is under way, with its connection as the server has it. */
async function callTo(server: Server, kind: keyof typeof credentialsOf) {
  const { port } = server.address() as AddressInfo;
  const address = dialTarget({ host: '127.0.0.1', port });
  const client = new EnrolmentServiceClient(address, credentialsOf[kind](), clientOptions(terms.serverName));
  ends.push(() => client.close());
  client.signCertificate({ csr: Buffer.alloc(0), enrolmentToken: '' }, new Metadata(), () => undefined);
  const [accepted] = (await once(server, 'connection')) as [Socket];
  ends.push(() => accepted.destroy());
  return { client, accepted };
}

describe('a gRPC channel that is closed', () => {
  it.each(['mesh', 'anonymous'] as const)(
    'leaves no connection to a peer that is frozen during the handshake (%s)',
    async (kind) => {
      const { client, accepted } = await callTo(await frozenServer(), kind);
      client.close();
      accepted.on('error', () => undefined).resume();
      await vi.waitFor(() => expect(accepted.destroyed).toBe(true), { timeout: 3000 });
    },
  );

  it('leaves no connection to a peer that is frozen after the handshake', async () => {
    const { client } = await callTo(await frozenAfterHandshake(), 'mesh');
    const socket = await vi.waitFor(() => {
      if (secured.length === 0) throw new Error('no handshake yet');
      return secured[0];
    });
    client.close();
    await vi.waitFor(() => expect(socket?.destroyed).toBe(true), { timeout: 5000 });
  });
});
