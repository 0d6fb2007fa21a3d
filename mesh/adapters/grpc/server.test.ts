import { Metadata, type handleUnaryCall } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../model/fault.ts';
import { formatIdentity, type PeerExpectation } from '../../model/identity.ts';
import type { ClusterName } from '../../model/names.ts';
import { anonymousCredentials, meshCredentials } from './credentials.ts';
import { clientOptions, dialTarget } from './client.ts';
import { statusFault } from './fault-status.ts';
import {
  EnrolmentServiceClient,
  EnrolmentServiceService,
  type SignCertificateRequest,
  type SignCertificateResponse,
} from './generated/isthmus/enrolment/v1/enrolment.ts';
import { startGrpcServer, type GrpcServer } from './server.ts';
import { admitCluster, foundMesh, issueIdentity } from './testing/test-mesh.ts';

const east = foundMesh('east');
const west = admitCluster(east, 'west');
const stranger = foundMesh('east');
const now = (): number => Date.now();
const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Running {
  readonly server: GrpcServer;
  readonly refusals: Fault[];
}

/** Answers with who called, as the handler sees it. */
async function serve(expectation: PeerExpectation | 'anyone', maxConnections = 10): Promise<Running> {
  const refusals: Fault[] = [];
  const signCertificate: handleUnaryCall<SignCertificateRequest, SignCertificateResponse> = (
    call,
    answer,
  ) => {
    const peer = server.peerOf(call);
    const who = peer?.identity === undefined ? 'anonymous' : formatIdentity(peer.identity);
    answer(null, {
      certificateChain: who,
      bundlePayload: peer?.address ?? '',
      bundleSignature: peer?.membership ?? '',
    });
  };
  const server = await startGrpcServer({
    ...{ listen: { host: '127.0.0.1', port: 0 }, identity: issueIdentity(east, '/isthmus/controller') },
    ...{
      expect: expectation,
      maxConnections,
      now,
      onRefused: (refusal: Fault) => void refusals.push(refusal),
    },
    services: [{ definition: EnrolmentServiceService, handlers: { signCertificate } }],
  });
  ends.push(() => server.stop());
  return { server, refusals };
}

const serverName = 'federation.east.acme';
const controller: PeerExpectation = {
  kind: 'program',
  program: 'controller',
  cluster: 'east' as ClusterName,
};

function call(client: EnrolmentServiceClient): Promise<SignCertificateResponse> {
  ends.push(() => client.close());
  return new Promise((resolve, reject) => {
    const request = { csr: Buffer.alloc(0), enrolmentToken: '' };
    client.signCertificate(request, new Metadata(), { deadline: Date.now() + 5000 }, (error, response) => {
      if (error) reject(new Error(statusFault(error, 'east').message));
      else resolve(response);
    });
  });
}

function callAs(
  from: typeof east,
  path: string,
  { server }: Running,
  wanted = controller,
): Promise<SignCertificateResponse> {
  const identity = issueIdentity(from, path);
  const credentials = meshCredentials({ identity, expect: wanted, serverName, now, timeoutMs: 5000 });
  return call(new EnrolmentServiceClient(dialTarget(server.address), credentials, clientOptions(serverName)));
}

describe('gRPC on mesh TLS', () => {
  it('tells the handler who calls, from TLS alone', async () => {
    const running = await serve({ kind: 'member' });
    const answer = await callAs(west, '/isthmus/controller', running);
    expect(answer.certificateChain).toBe('spiffe://west.acme/isthmus/controller');
    expect(answer.bundlePayload).toBe('127.0.0.1');
    expect(answer.bundleSignature).toMatch(/^[0-9a-f]{64}$/);
  });

  it('refuses callers that the link does not expect, before any call', async () => {
    const running = await serve(controller);
    await expect(callAs(west, '/isthmus/controller', running)).rejects.toThrow();
    await expect(callAs(east, '/isthmus/gateway', running)).rejects.toThrow();
    await expect(callAs(stranger, '/isthmus/controller', running)).rejects.toThrow();
    expect(running.refusals.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['trust_domain_mismatch', 'identity_mismatch']),
    );
  });

  it('refuses a server that is not the one expected', async () => {
    const running = await serve({ kind: 'member' });
    const other: PeerExpectation = { kind: 'program', program: 'controller', cluster: 'west' as ClusterName };
    await expect(callAs(west, '/isthmus/controller', running, other)).rejects.toThrow(/west\.acme/);
  });

  it('lets callers without a certificate in where anyone may call, and proves itself to them', async () => {
    const running = await serve('anyone');
    const as = (
      bundle: ReturnType<typeof east.bundle>,
      wanted = controller,
    ): Promise<SignCertificateResponse> => {
      const credentials = anonymousCredentials({ bundle, expect: wanted, serverName, now, timeoutMs: 5000 });
      return call(
        new EnrolmentServiceClient(
          dialTarget(running.server.address),
          credentials,
          clientOptions(serverName),
        ),
      );
    };
    expect((await as(east.bundle())).certificateChain).toBe('anonymous');
    await expect(as(stranger.bundle())).rejects.toThrow();
    await expect(as(east.bundle(), { kind: 'program', program: 'gateway' })).rejects.toThrow(/gateway/);
  });

  it('closes connections over its cap', async () => {
    const running = await serve({ kind: 'member' }, 1);
    await callAs(east, '/ns/shop/sa/cart', running);
    await expect(callAs(east, '/ns/shop/sa/cart', running)).rejects.toThrow();
    expect(running.refusals.map(({ code }) => code)).toContain('connection_cap');
  });
});
