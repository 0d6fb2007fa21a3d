/** S20: whatever a request asks for, the certificate is the template of the caller's own identity, or there is none. */
import { createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Asn1 } from '../../kit/forge.ts';
import { parseCertificate } from '../../decide/certificate/parse-certificate.ts';
import type { WorkloadIdentity } from '../../model/identity.ts';
import type { ClusterName, MeshName, Namespace, ServiceAccount } from '../../model/names.ts';
import {
  bits,
  boolean,
  context,
  fromPem,
  fromTrustedDer,
  integer,
  octets,
  oid,
  rawBits,
  sequence,
  set,
  toDer,
  utf8,
} from './der.ts';
import {
  createRoot,
  generateKeyPair,
  intermediateName,
  issueIntermediate,
  issueLeaf,
  type KeyPair,
} from './issue.ts';
import { createRequest, readRequest } from './request.ts';

const [mesh, cluster] = ['acme' as MeshName, 'west' as ClusterName];
const nowMs = Date.now();
const keys = generateKeyPair();
const own = generateKeyPair();
const root = createRoot(mesh, generateKeyPair(), nowMs);
const intermediate = {
  certificate: issueIntermediate(root, { mesh, cluster, publicKey: own.publicKey, nowMs }),
  ...{ privateKey: own.privateKey, commonName: intermediateName(cluster, mesh) },
};
const identity: WorkloadIdentity = {
  ...{ kind: 'workload', mesh, cluster },
  ...{ namespace: 'shop' as Namespace, serviceAccount: 'cart' as ServiceAccount },
};

const spki = (key: KeyObject): Asn1 => fromTrustedDer(key.export({ type: 'spki', format: 'der' }));
const name = (text: string): Asn1 => sequence(set(sequence(oid('2.5.4.3'), utf8(text))));
const extension = (id: string, value: Asn1): Asn1 => sequence(oid(id), boolean(true), octets(toDer(value)));
const uris = (...texts: string[]): Asn1 =>
  extension('2.5.29.17', sequence(...texts.map((text) => context(6, text))));
const asking = (...extensions: Asn1[]): Asn1 =>
  context(0, [sequence(oid('1.2.840.113549.1.9.14'), set(sequence(...extensions)))]);

interface Draft {
  readonly subject?: Asn1;
  readonly attributes?: Asn1;
  readonly version?: number;
  readonly key?: Asn1;
  readonly signer?: KeyObject;
  readonly digest?: string;
  readonly algorithm?: string;
  readonly extra?: Asn1[];
}

function request(draft: Draft): Buffer {
  const {
    subject = sequence(),
    attributes = context(0, []),
    version = 0,
    key = spki(keys.publicKey),
  } = draft;
  const info = sequence(integer(Buffer.from([version])), subject, key, attributes);
  const signature = sign(draft.digest ?? 'sha256', toDer(info), draft.signer ?? keys.privateKey);
  const algorithm = sequence(oid(draft.algorithm ?? '1.2.840.10045.4.3.2'));
  return toDer(sequence(info, algorithm, bits(signature), ...(draft.extra ?? [])));
}

function ofCurve(namedCurve: string): Buffer {
  return signedBy(generateKeyPairSync('ec', { namedCurve }));
}

function signedBy(pair: KeyPair): Buffer {
  return request({ key: spki(pair.publicKey), signer: pair.privateKey });
}

const nested = (depth: number): Buffer =>
  Buffer.concat([Buffer.from('3080'.repeat(depth), 'hex'), Buffer.alloc(depth * 2)]);
const good = createRequest(keys);
const flipped = (at: number): Buffer => Buffer.from(good.map((byte, i) => (i === at ? byte ^ 1 : byte)));
const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 });
const ed25519 = generateKeyPairSync('ed25519');
const point = spki(keys.publicKey);
const offCurveDer = toDer(point);
offCurveDer[offCurveDer.length - 1] = (offCurveDer.at(-1) ?? 0) ^ 1;
const offCurve = fromTrustedDer(offCurveDer);

const asksForMore: Record<string, Buffer> = {
  'the identity of another workload': request({
    attributes: asking(uris('spiffe://west.acme/ns/shop/sa/admin')),
  }),
  'another namespace': request({ attributes: asking(uris('spiffe://west.acme/ns/bank/sa/cart')) }),
  'another cluster': request({ attributes: asking(uris('spiffe://east.acme/ns/shop/sa/cart')) }),
  'another mesh': request({ attributes: asking(uris('spiffe://west.other/ns/shop/sa/cart')) }),
  'the controller': request({ attributes: asking(uris('spiffe://west.acme/isthmus/controller')) }),
  'two identities': request({ attributes: asking(uris('spiffe://west.acme/a', 'spiffe://west.acme/b')) }),
  'a thousand characters': request({ attributes: asking(uris(`spiffe://west.acme/${'a'.repeat(1000)}`)) }),
  'a DNS name': request({
    attributes: asking(extension('2.5.29.17', sequence(context(2, 'federation.west.acme')))),
  }),
  'an IP address': request({
    attributes: asking(extension('2.5.29.17', sequence(context(7, '\x7f\0\0\x01')))),
  }),
  'authority over others': request({ attributes: asking(extension('2.5.29.19', sequence(boolean(true)))) }),
  'the right to sign certificates': request({
    attributes: asking(extension('2.5.29.15', rawBits(Buffer.from([1, 6])))),
  }),
  'every purpose': request({ attributes: asking(extension('2.5.29.37', sequence(oid('2.5.29.37.0')))) }),
  'its own name constraints': request({ attributes: asking(extension('2.5.29.30', sequence())) }),
  'an unknown critical extension': request({ attributes: asking(extension('1.2.3.4', sequence())) }),
  'an extension twice': request({ attributes: asking(uris('a'), uris('b')) }),
  'a subject': request({ subject: name('spiffe://west.acme/ns/shop/sa/admin') }),
  'a subject with a NUL': request({ subject: name('a\0b') }),
  'two subjects': request({
    subject: sequence(set(sequence(oid('2.5.4.3'), utf8('a')), sequence(oid('2.5.4.3'), utf8('b')))),
  }),
  'a challenge password': request({
    attributes: context(0, [sequence(oid('1.2.840.113549.1.9.7'), set(utf8('x')))]),
  }),
  'a version of its own': request({ version: 7 }),
  'other words for its signature': request({ algorithm: '1.2.840.113549.1.1.11' }),
};

const isRefused: Record<string, Buffer> = {
  nothing: Buffer.alloc(0),
  'no DER': Buffer.from('-----BEGIN CERTIFICATE REQUEST-----'),
  'half of a request': good.subarray(0, good.length >> 1),
  'a byte too few': good.subarray(0, -1),
  'a byte too many': Buffer.concat([good, Buffer.from([0])]),
  'too many bytes': request({ attributes: asking(uris('a'.repeat(17_000))) }),
  'deep nesting': nested(3000),
  'a length that lies': Buffer.from('3084ffffffff0201', 'hex'),
  'a changed key': flipped(good.indexOf(Buffer.from(toDer(point).subarray(-20))) + 5),
  'a changed signature': flipped(good.length - 3),
  'the signature of another key': request({ signer: generateKeyPair().privateKey }),
  'another digest': request({ digest: 'sha1' }),
  'a certificate': fromPem(intermediate.certificate)?.[0] ?? Buffer.alloc(0),
  'a key of P-384': ofCurve('secp384r1'),
  'a key of P-224': ofCurve('secp224r1'),
  'a key of secp256k1': ofCurve('secp256k1'),
  'a key of RSA 1024': signedBy(rsa),
  'a key of Ed25519': request({ key: spki(ed25519.publicKey) }),
  'a point off the curve': request({ key: offCurve }),
  'no key': request({ key: sequence() }),
};

describe('a hostile request', () => {
  it.each(Object.entries(asksForMore))('that asks for %s gets the template', (_name, der) => {
    const key = readRequest(der);
    if (!key.ok) throw new Error(key.error.message);
    const pem = issueLeaf(intermediate, { identity, publicKey: key.value, nowMs });
    const leaf = parseCertificate(fromPem(pem)?.[0] ?? Buffer.alloc(0));
    expect(leaf.ok && leaf.value).toMatchObject({
      ...{ uris: ['spiffe://west.acme/ns/shop/sa/cart'], dnsNames: [], otherNames: 0, isCa: false },
      ...{ keyUsage: { critical: true, bits: new Set(['digitalSignature']) }, unknownCritical: [] },
      ...{ extendedKeyUsage: ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'] },
    });
    expect(createPublicKey(keys.privateKey).equals(key.value)).toBe(true);
  });

  it.each(Object.entries(isRefused))('that is %s is refused', (_name, der) => {
    const read = readRequest(der);
    expect(read.ok ? 'accepted' : read.error.code).toBe('invalid_csr');
  });
});
