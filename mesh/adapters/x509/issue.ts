/** Issues the three kinds of certificates of a mesh: root, name-constrained intermediate, leaf. ECDSA P-256 throughout. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  type KeyObject,
} from 'node:crypto';
import type { Asn1 } from '../../kit/forge.ts';
import { formatIdentity, type Identity } from '../../model/identity.ts';
import { trustDomain, type ClusterName, type MeshName } from '../../model/names.ts';
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
  time,
  toDer,
  toPem,
  utf8,
} from './der.ts';

export const LEAF_LIFETIME_MS = 24 * 3_600_000;
export const INTERMEDIATE_LIFETIME_MS = 365 * 24 * 3_600_000;
const ROOT_LIFETIME_MS = 10 * INTERMEDIATE_LIFETIME_MS;
/** Clocks of a mesh may differ by this much. */
export const BACKDATE_MS = 5 * 60_000;

const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';

export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** A certificate together with the key that signs with it. */
export interface Issuer {
  /** PEM */
  readonly certificate: string;
  readonly privateKey: KeyObject;
  readonly commonName: string;
}

export function generateKeyPair(): KeyPair {
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
}

export function privateKeyToPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

export function privateKeyFromPem(pem: string): KeyPair {
  const privateKey = createPrivateKey(pem);
  return { privateKey, publicKey: createPublicKey(pem) };
}

export function createRoot(mesh: MeshName, keys: KeyPair, nowMs: number): Issuer {
  const commonName = rootName(mesh);
  const extensions = [basicConstraints(undefined), keyUsage(0x06), ...keyIds(keys.publicKey, keys.publicKey)];
  const certificate = buildCertificate({
    ...{
      subject: commonName,
      issuer: commonName,
      publicKey: keys.publicKey,
      signer: keys.privateKey,
      extensions,
    },
    ...{ notBefore: nowMs - BACKDATE_MS, notAfter: nowMs + ROOT_LIFETIME_MS },
  });
  return { certificate, privateKey: keys.privateKey, commonName };
}

export function rootName(mesh: MeshName): string {
  return `isthmus root of ${mesh}`;
}

/** May only speak for `<cluster>.<mesh>`: OpenSSL refuses any other name under it. PEM. */
export function issueIntermediate(
  root: Issuer,
  options: { mesh: MeshName; cluster: ClusterName; publicKey: KeyObject; nowMs: number },
): string {
  const { mesh, cluster, publicKey, nowMs } = options;
  const rootKey = createPublicKey(root.privateKey);
  return buildCertificate({
    ...{
      subject: intermediateName(cluster, mesh),
      issuer: root.commonName,
      publicKey,
      signer: root.privateKey,
    },
    ...{ notBefore: nowMs - BACKDATE_MS, notAfter: nowMs + INTERMEDIATE_LIFETIME_MS },
    extensions: [
      basicConstraints(0),
      keyUsage(0x06),
      nameConstraints(trustDomain(cluster, mesh)),
      ...keyIds(publicKey, rootKey),
    ],
  });
}

export function intermediateName(cluster: ClusterName, mesh: MeshName): string {
  return `isthmus intermediate of ${cluster}.${mesh}`;
}

/** 24 hours, one URI name; programs also get the DNS names that gRPC clients check. It carries its issuer. PEM. */
export function issueLeaf(
  issuer: Issuer,
  options: { identity: Identity; publicKey: KeyObject; nowMs: number; dnsNames?: readonly string[] },
): string {
  const { identity, publicKey, nowMs, dnsNames = [] } = options;
  const issuerKey = createPublicKey(issuer.privateKey);
  return buildCertificate({
    ...{ subject: undefined, issuer: issuer.commonName, publicKey, signer: issuer.privateKey },
    ...{ notBefore: nowMs - BACKDATE_MS, notAfter: nowMs + LEAF_LIFETIME_MS },
    extensions: [
      extension('2.5.29.19', true, sequence()),
      keyUsage(0x80),
      extension('2.5.29.37', false, sequence(oid('1.3.6.1.5.5.7.3.1'), oid('1.3.6.1.5.5.7.3.2'))),
      extension(
        '2.5.29.17',
        true,
        sequence(context(6, formatIdentity(identity)), ...dnsNames.map((name) => context(2, name))),
      ),
      ...keyIds(publicKey, issuerKey),
      extension('1.3.6.1.5.5.7.1.1', false, issuerAccess(issuer.certificate)),
    ],
  });
}

/**
 * Authority Information Access: the issuer's certificate itself, as a data URI. A TLS server sees no more of a client's
 * chain than its leaf, and must know which authority signed that.
 */
export function issuerAccess(certificate: string): Asn1 {
  const der = fromPem(certificate)?.[0] ?? Buffer.alloc(0);
  const uri = `data:application/pkix-cert;base64,${der.toString('base64')}`;
  return sequence(sequence(oid('1.3.6.1.5.5.7.48.2'), context(6, uri)));
}

interface Draft {
  /** Absent: an empty subject, as SVIDs have. */
  readonly subject: string | undefined;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  readonly signer: KeyObject;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly extensions: readonly Asn1[];
}

export function buildCertificate(draft: Draft): string {
  const algorithm = sequence(oid(ECDSA_WITH_SHA256));
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const toSign = sequence(
    ...[context(0, [integer(Buffer.from([2]))]), integer(serial), algorithm, commonName(draft.issuer)],
    ...[sequence(time(draft.notBefore), time(draft.notAfter)), commonName(draft.subject)],
    ...[fromTrustedDer(spki(draft.publicKey)), context(3, [sequence(...draft.extensions)])],
  );
  const signature = sign('sha256', toDer(toSign), draft.signer);
  return toPem(toDer(sequence(toSign, algorithm, bits(signature))), 'CERTIFICATE');
}

function commonName(text: string | undefined): Asn1 {
  return text === undefined ? sequence() : sequence(set(sequence(oid('2.5.4.3'), utf8(text))));
}

export function extension(id: string, critical: boolean, value: Asn1): Asn1 {
  const der = octets(toDer(value));
  return critical ? sequence(oid(id), boolean(true), der) : sequence(oid(id), der);
}

export function basicConstraints(pathLength: number | undefined): Asn1 {
  const path = pathLength === undefined ? [] : [integer(Buffer.from([pathLength]))];
  return extension('2.5.29.19', true, sequence(boolean(true), ...path));
}

/** One byte of usage bits, most significant first: 0x80 digitalSignature, 0x06 keyCertSign and cRLSign. */
export function keyUsage(usage: number): Asn1 {
  const unused = Math.clz32(usage & -usage) === 31 ? 0 : 31 - Math.clz32(usage & -usage);
  return extension('2.5.29.15', true, rawBits(Buffer.from([unused, usage])));
}

/** Permits URI, DNS and mail names of one domain only, and excludes every IP address (RFC 5280, 4.2.1.10). */
export function nameConstraints(domain: string): Asn1 {
  const permitted = [6, 2, 1].map((tag) => sequence(context(tag, domain)));
  const excluded = [8, 32].map((length) => sequence(context(7, '\0'.repeat(length))));
  return extension('2.5.29.30', true, sequence(context(0, permitted), context(1, excluded)));
}

export function keyIds(own: KeyObject, issuer: KeyObject): Asn1[] {
  return [
    extension('2.5.29.14', false, octets(keyId(own))),
    extension('2.5.29.35', false, sequence(context(0, keyId(issuer).toString('binary')))),
  ];
}

/** SHA-256 of the SubjectPublicKeyInfo (RFC 7093, method 4): bundles name withdrawn intermediates by it. */
export function keyId(key: KeyObject): Buffer {
  return createHash('sha256').update(spki(key)).digest();
}

function spki(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}
