import { createHash, generateKeyPairSync, sign, X509Certificate } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../mesh/adapters/clock/system-clock.ts';
import { createRenewal, type EnrolmentOptions } from '../mesh/adapters/discovery/enrol.ts';
import { startGrpcServer, type GrpcServer } from '../mesh/adapters/grpc/server.ts';
import {
  admitCluster,
  foundMesh,
  identityOf,
  issueIdentity,
  valueOf,
} from '../mesh/adapters/grpc/testing/test-mesh.ts';
import { createMemoryLog } from '../mesh/adapters/log/memory-log.ts';
import { createPrometheusMetrics } from '../mesh/adapters/metrics/prometheus-metrics.ts';
import type { Authority } from '../mesh/adapters/trust/authority.ts';
import { checkEnrolmentToken, makeEnrolmentToken } from '../mesh/adapters/trust/enrolment-token.ts';
import { generateKeyPair } from '../mesh/adapters/x509/issue.ts';
import { createRequest } from '../mesh/adapters/x509/request.ts';
import { ok, type Result } from '../mesh/kit/result.ts';
import type { ListenAddress } from '../mesh/model/cluster-config.ts';
import type { Fault } from '../mesh/model/fault.ts';
import type { Identity, PeerExpectation } from '../mesh/model/identity.ts';
import { createEnrolmentService } from './enrolment-service.ts';

const east = foundMesh('east');
const west = admitCluster(east, 'west');
const cart = identityOf(east, '/ns/shop/sa/cart');

/** The two places of a controller: where TLS proves the caller, and where a token must. */
async function serve(authority: Authority): Promise<{ discovery: ListenAddress; enrolment: ListenAddress }> {
  const listen = async (expectation: PeerExpectation | 'anyone'): Promise<ListenAddress> => {
    const service = createEnrolmentService({
      ...{ authority, clock: systemClock, log: createMemoryLog(), metrics: createPrometheusMetrics() },
      peerOf: (call) => server.peerOf(call),
      checkToken: (token) =>
        Promise.resolve(checkEnrolmentToken(authority.enrolmentKey, token, systemClock.now())),
    });
    const server: GrpcServer = await startGrpcServer({
      ...{
        listen: { host: '127.0.0.1', port: 0 },
        identity: issueIdentity(authority, '/isthmus/controller'),
      },
      ...{
        expect: expectation,
        services: [service],
        maxConnections: 10,
        now: systemClock.now,
        onRefused: () => undefined,
      },
    });
    const { stop } = server;
    onTestFinished(stop);
    return server.address;
  };
  return { discovery: await listen({ kind: 'member' }), enrolment: await listen('anyone') };
}

async function enrolment(over: Partial<EnrolmentOptions> = {}): Promise<ReturnType<typeof createRenewal>> {
  const endpoints = await serve(east);
  return createRenewal({
    ...{ id: cart, bundle: east.bundle, clock: systemClock, onBundle: () => undefined },
    addresses: () => ok(endpoints),
    token: () => ok(makeEnrolmentToken(east.enrolmentKey, cart, Date.now() + 60_000)),
    ...over,
  });
}

const token = (
  id: Identity,
  key = east.enrolmentKey,
  expiresAt = Date.now() + 60_000,
): EnrolmentOptions['token'] => {
  return () => ok(makeEnrolmentToken(key, id, expiresAt));
};
const names = (chain: Result<string, Fault>): string =>
  new X509Certificate(valueOf(chain)).subjectAltName ?? '';
const codeOf = (result: Result<string, Fault>): string => (result.ok ? 'issued' : result.error.code);

describe('enrolment', () => {
  it('gives the holder of a token the identity in it, and the bundle', async () => {
    const bundles: unknown[] = [];
    const renew = await enrolment({ onBundle: (signed) => bundles.push(signed) });
    const keys = generateKeyPair();
    const chain = await renew(createRequest(keys), undefined);
    expect(names(chain)).toBe('URI:spiffe://east.acme/ns/shop/sa/cart');
    expect(new X509Certificate(valueOf(chain)).publicKey.equals(keys.publicKey)).toBe(true);
    expect(bundles).toEqual([east.signedBundle()]);
  });

  it('renews for a certificate without any token, as who it is', async () => {
    let tokens = 0;
    const renew = await enrolment({
      token: () => {
        tokens++;
        return ok('');
      },
    });
    const web = issueIdentity(east, '/ns/shop/sa/web');
    expect(names(await renew(createRequest(generateKeyPair()), web))).toBe(
      'URI:spiffe://east.acme/ns/shop/sa/web',
    );
    expect(tokens).toBe(0);
  });

  it('falls back to a token when the certificate is of no use any more', async () => {
    const renew = await enrolment();
    const stranger = issueIdentity(foundMesh('east'), '/ns/shop/sa/cart');
    expect(names(await renew(createRequest(generateKeyPair()), stranger))).toBe(
      'URI:spiffe://east.acme/ns/shop/sa/cart',
    );
  });

  it.each([
    ['no token', () => ok('')],
    ['a token of another key', token(cart, Buffer.alloc(32, 1))],
    ['a token that has ended', token(cart, east.enrolmentKey, Date.now() - 1)],
    ['a token for another cluster', token(identityOf(west, '/ns/shop/sa/cart'))],
    ['a token for the controller itself', token(identityOf(east, '/isthmus/controller'))],
    ['a token of another shape', () => ok('a.b.c')],
  ] as const)('refuses %s', async (_what, made) => {
    const renew = await enrolment({ token: made });
    expect(codeOf(await renew(createRequest(generateKeyPair()), undefined))).toBe('enrolment_refused');
  });

  it('refuses members of other clusters, whatever they hold', async () => {
    const renew = await enrolment({ token: () => ok('') });
    const foreign = issueIdentity(west, '/ns/shop/sa/cart');
    expect(codeOf(await renew(createRequest(generateKeyPair()), foreign))).toBe('enrolment_refused');
  });

  it('sends its token to nobody but the controller of its cluster', async () => {
    const endpoints = await serve(west);
    const renew = await enrolment({ addresses: () => ok(endpoints) });
    expect(codeOf(await renew(createRequest(generateKeyPair()), undefined))).toBe('trust_domain_mismatch');
  });
});

describe('hostile requests (S20)', () => {
  /** A request whose info carries what a hostile caller would like to get. */
  function hostile(replace: (text: string) => string): Buffer {
    const keys = generateKeyPair();
    const info = Buffer.from(replace(createRequest(keys).toString('latin1')), 'latin1');
    return info;
  }
  const rsa = (): Buffer => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    return createRequest({ publicKey, privateKey });
  };
  const p384 = (): Buffer => createRequest(generateKeyPairSync('ec', { namedCurve: 'secp384r1' }));

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['bytes', createHash('sha256').update('x').digest()],
    ['another signature', hostile((text) => text.slice(0, -4) + 'aaaa')],
    ['an RSA key', rsa()],
    ['a P-384 key', p384()],
    ['20 KiB', Buffer.alloc(20_480, 0x30)],
    [
      'another key than the one that signs',
      Buffer.concat([
        createRequest(generateKeyPair()).subarray(0, 90),
        sign('sha256', Buffer.alloc(1), generateKeyPair().privateKey),
      ]),
    ],
  ])('with %s get nothing', async (_what, request) => {
    const renew = await enrolment();
    expect(codeOf(await renew(request, undefined))).toBe('invalid_csr');
  });
});
