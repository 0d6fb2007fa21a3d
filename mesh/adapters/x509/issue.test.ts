import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCertificate } from '../../decide/certificate/parse-certificate.ts';
import { validateSvid } from '../../decide/certificate/validate-svid.ts';
import type { Identity } from '../../model/identity.ts';
import type { ClusterName, MeshName, Namespace, ServiceAccount } from '../../model/names.ts';
import { fromPem } from './der.ts';
import {
  createRoot,
  generateKeyPair,
  intermediateName,
  issueIntermediate,
  issueLeaf,
  privateKeyToPem,
  type Issuer,
} from './issue.ts';
import { createRequest, readRequest } from './request.ts';

const mesh = 'acme' as MeshName;
const nowMs = Date.now();
const root = createRoot(mesh, generateKeyPair(), nowMs);

function intermediateOf(name: string): Issuer {
  const cluster = name as ClusterName;
  const keys = generateKeyPair();
  const certificate = issueIntermediate(root, { mesh, cluster, publicKey: keys.publicKey, nowMs });
  return { certificate, privateKey: keys.privateKey, commonName: intermediateName(cluster, mesh) };
}

function workload(cluster: string): Identity {
  return {
    kind: 'workload',
    mesh,
    cluster: cluster as ClusterName,
    namespace: 'shop' as Namespace,
    serviceAccount: 'cart' as ServiceAccount,
  };
}

function leafOf(issuer: Issuer, identity: Identity): { key: string; cert: string } {
  const keys = generateKeyPair();
  const cert = issueLeaf(issuer, { identity, publicKey: keys.publicKey, nowMs });
  return { key: privateKeyToPem(keys.privateKey), cert: cert + issuer.certificate };
}

/** A TLS 1.3 handshake with certificates on both sides; answers what the server thought of the client. */
async function handshake(client: {
  key: string;
  cert: string;
}): Promise<{ authorized: boolean; error: string }> {
  const options = {
    ...leafOf(intermediateOf('east'), workload('east')),
    ca: root.certificate,
    requestCert: true,
    rejectUnauthorized: false,
  };
  const server = tls.createServer(options).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = tls.connect({ ...client, port, ca: root.certificate, checkServerIdentity: () => undefined });
  socket.on('error', () => undefined);
  const [accepted] = (await once(server, 'secureConnection')) as [tls.TLSSocket];
  const seen = { authorized: accepted.authorized, error: String(accepted.authorizationError) };
  socket.destroy();
  server.close();
  return seen;
}

describe('issuing', () => {
  it('makes chains that OpenSSL accepts', async () => {
    expect(await handshake(leafOf(intermediateOf('west'), workload('west')))).toMatchObject({
      authorized: true,
    });
  });

  it('makes intermediates that cannot speak for another cluster (S19)', async () => {
    expect(await handshake(leafOf(intermediateOf('west'), workload('east')))).toMatchObject({
      authorized: false,
    });
    expect(await handshake(leafOf(intermediateOf('east'), workload('east')))).toMatchObject({
      authorized: true,
    });
  });

  it('makes intermediates under which there are leaves only (S20)', () => {
    const parsed = parseCertificate(fromPem(intermediateOf('west').certificate)?.[0] ?? Buffer.alloc(0));
    expect(parsed.ok && [parsed.value.isCa, parsed.value.pathLength]).toEqual([true, 0]);
  });

  it('makes certificates that hold for clocks which are five minutes late (F15)', () => {
    const west = intermediateOf('west');
    for (const pem of [root.certificate, west.certificate, leafOf(west, workload('west')).cert]) {
      const parsed = parseCertificate(fromPem(pem)?.[0] ?? Buffer.alloc(0));
      expect(parsed.ok && parsed.value.notBefore).toBe(Math.floor(nowMs / 1000) * 1000 - 300_000);
    }
  });

  it('makes leaves that other implementations read alike', () => {
    const pem = leafOf(intermediateOf('west'), workload('west')).cert;
    const der = fromPem(pem)?.[0] ?? Buffer.alloc(0);
    const theirs = new X509Certificate(der);
    const ours = parseCertificate(der);
    expect(ours.ok && ours.value.uris).toEqual(['spiffe://west.acme/ns/shop/sa/cart']);
    expect(theirs.subjectAltName).toBe('URI:spiffe://west.acme/ns/shop/sa/cart');
    expect(ours.ok && ours.value.serial.toUpperCase()).toBe(theirs.serialNumber);
    expect(ours.ok && ours.value.notAfter).toBe(theirs.validToDate.getTime());
    expect(theirs.ca).toBe(false);
    expect(theirs.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
  });

  it('parses what it issued, for hundreds of keys', () => {
    const issuer = intermediateOf('west');
    for (let i = 0; i < 300; i++) {
      const keys = generateKeyPair();
      const pem = issueLeaf(issuer, { identity: workload('west'), publicKey: keys.publicKey, nowMs });
      const parsed = parseCertificate(fromPem(pem)?.[0] ?? Buffer.alloc(0));
      const context = { mesh, expect: { kind: 'member' as const }, role: 'server' as const, nowMs };
      expect(parsed.ok && validateSvid(parsed.value, context).ok).toBe(true);
      const request = readRequest(createRequest(keys));
      expect(request.ok && request.value.equals(keys.publicKey)).toBe(true);
    }
  });

  it('reads DER only: other forms of the same certificate are refused', () => {
    const der = fromPem(leafOf(intermediateOf('west'), workload('west')).cert)?.[0] ?? Buffer.alloc(0);
    const longLength = Buffer.concat([Buffer.from([0x30, 0x83, 0]), der.subarray(2)]);
    const indefinite = Buffer.concat([Buffer.from([0x30, 0x80]), der.subarray(4), Buffer.from([0, 0])]);
    expect(parseCertificate(der).ok).toBe(true);
    expect(der.subarray(0, 2)).toEqual(Buffer.from([0x30, 0x82]));
    for (const form of [longLength, indefinite, Buffer.concat([der, Buffer.from([0])]), der.subarray(0, -1)])
      expect(parseCertificate(form).ok).toBe(false);
  });

  it('never throws on mutated certificates and requests', () => {
    const leaf = fromPem(leafOf(intermediateOf('west'), workload('west')).cert)?.[0] ?? Buffer.alloc(0);
    const request = createRequest(generateKeyPair());
    fc.assert(
      fc.property(
        fc.constantFrom(leaf, request),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        (der, edits) => {
          const mutated = Buffer.from(der);
          for (const [at, byte] of edits) mutated[at % mutated.length] = byte;
          const parsed = parseCertificate(mutated);
          if (parsed.ok)
            validateSvid(parsed.value, { mesh, expect: { kind: 'member' }, role: 'client', nowMs });
          const read = readRequest(mutated);
          expect(typeof read.ok).toBe('boolean');
        },
      ),
      { numRuns: 1500 },
    );
  });

  it('refuses requests whose key is weak or whose signature is another’s (S20)', () => {
    const good = createRequest(generateKeyPair());
    const other = createRequest(generateKeyPair());
    const swapped = Buffer.concat([good.subarray(0, good.length - 60), other.subarray(other.length - 60)]);
    for (const der of [
      swapped,
      Buffer.alloc(0),
      Buffer.from('junk'),
      good.subarray(0, 50),
      Buffer.alloc(20_000, 0x30),
    ]) {
      const read = readRequest(der);
      expect(read.ok ? 'accepted' : read.error.code).toBe('invalid_csr');
    }
  });
});
