/** Parses the parts of an X.509 certificate (RFC 5280) that the mesh decides on. Pure; bounded; never throws. */
import { err, ok, type Result } from '../../kit/result.ts';
import { fault, type Fault } from '../../model/fault.ts';
import {
  children,
  content,
  contextTag,
  isBitString,
  isBoolean,
  isCanonical,
  isInteger,
  isSequence,
  oidOf,
  readDer,
  timeOf,
  type Node,
} from './asn1-reader.ts';

export interface ParsedCertificate {
  /** Lower-case hex. */
  readonly serial: string;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly isCa: boolean;
  readonly pathLength?: number;
  readonly keyUsage?: { readonly critical: boolean; readonly bits: ReadonlySet<KeyUsageBit> };
  readonly extendedKeyUsage: readonly string[];
  readonly uris: readonly string[];
  readonly dnsNames: readonly string[];
  /** Subject alternative names that are neither URI nor DNS. */
  readonly otherNames: number;
  /** DER: the certificate of its issuer, which leaves of a mesh carry. */
  readonly issuerCertificate?: Uint8Array;
  /** Critical extensions that nothing here understands: RFC 5280 says to refuse. */
  readonly unknownCritical: readonly string[];
}

const KEY_USAGE_BITS = [
  ...(['digitalSignature', 'nonRepudiation', 'keyEncipherment', 'dataEncipherment', 'keyAgreement'] as const),
  ...(['keyCertSign', 'cRLSign'] as const),
] as const;
export type KeyUsageBit = (typeof KEY_USAGE_BITS)[number];

const OID = {
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  extendedKeyUsage: '2.5.29.37',
  subjectAltName: '2.5.29.17',
  nameConstraints: '2.5.29.30',
  authorityKeyId: '2.5.29.35',
  authorityAccess: '1.3.6.1.5.5.7.1.1',
} as const;

/** What the value of each must be: OpenSSL too takes a certificate with another one for invalid. */
const FORMS: ReadonlyMap<string, (value: Node) => boolean> = new Map([
  [OID.basicConstraints, isConstraints],
  [OID.keyUsage, (value) => isBitString(value) && (content(value)?.length ?? 0) > 1],
  [OID.extendedKeyUsage, (value) => isListOf(value, (node) => oidOf(node) !== undefined)],
  [OID.subjectAltName, (value) => isListOf(value, (node) => contextTag(node) !== undefined)],
  [OID.nameConstraints, (value) => isListOf(value, (node) => contextTag(node) !== undefined)],
  [OID.authorityKeyId, (value) => isListOf(value, (node) => contextTag(node) !== undefined)],
  [OID.authorityAccess, (value) => isListOf(value, isSequence)],
]);

function isListOf(value: Node, isItem: (node: Node) => boolean): boolean {
  return isSequence(value) && children(value).length > 0 && children(value).every(isItem);
}

function isConstraints(value: Node): boolean {
  const [first, second, ...more] = children(value);
  const right = first === undefined || (isBoolean(first) && (second === undefined || isInteger(second)));
  return isSequence(value) && right && more.length === 0;
}

interface Extension {
  readonly critical: boolean;
  readonly value: Node | undefined;
}

export function parseCertificate(der: Uint8Array): Result<ParsedCertificate, Fault> {
  const bad = (what: string): Result<never, Fault> => err(fault('invalid_certificate', 'certificate', what));
  const tree = readDer(der);
  if (tree !== undefined && !isCanonical(tree, der)) return bad('is BER, not DER');
  const fields = [...children(children(tree)[0])];
  if (fields[0] !== undefined && contextTag(fields[0]) === 0) fields.shift();
  const serial = content(fields[0]);
  const [notBefore, notAfter] = children(fields[3]).map(timeOf);
  if (serial === undefined || notBefore === undefined || notAfter === undefined)
    return bad('is not DER of an X.509 certificate');
  const extensions = readExtensions(fields.find((node) => contextTag(node) === 3));
  if (extensions === undefined) return bad('has an extension that is malformed or stands twice');
  return ok({
    ...{ serial: Buffer.from(serial, 'binary').toString('hex'), notBefore, notAfter },
    ...readConstraints(extensions.get(OID.basicConstraints)),
    ...readKeyUsage(extensions.get(OID.keyUsage)),
    extendedKeyUsage: children(extensions.get(OID.extendedKeyUsage)?.value).map((node) => oidOf(node) ?? ''),
    ...readNames(extensions.get(OID.subjectAltName)),
    ...readIssuerCertificate(extensions.get(OID.authorityAccess)),
    unknownCritical: [...extensions].filter(([oid, e]) => e.critical && !FORMS.has(oid)).map(([oid]) => oid),
  });
}

function readExtensions(node: Node | undefined): Map<string, Extension> | undefined {
  const found = new Map<string, Extension>();
  for (const extension of children(children(node)[0])) {
    const parts = children(extension);
    const oid = oidOf(parts[0]);
    const value = content(parts.at(-1));
    if (oid === undefined || value === undefined || parts.length > 3 || found.has(oid)) return undefined;
    const critical = parts.length === 3 && content(parts[1]) !== '\0';
    const bytes = Buffer.from(value, 'binary');
    const decoded = readDer(bytes);
    const formed = FORMS.get(oid);
    if (formed && (decoded === undefined || !isCanonical(decoded, bytes) || !formed(decoded)))
      return undefined;
    found.set(oid, { critical, value: decoded });
  }
  return found;
}

function readConstraints(extension: Extension | undefined): { isCa: boolean; pathLength?: number } {
  const parts = children(extension?.value);
  const isCa = isBoolean(parts[0]) && content(parts[0]) !== '\0';
  const length = content(parts[1]);
  return length === undefined ? { isCa } : { isCa, pathLength: length.charCodeAt(0) };
}

function readKeyUsage(extension: Extension | undefined): Pick<ParsedCertificate, 'keyUsage'> {
  const bytes = content(extension?.value);
  if (extension === undefined || bytes === undefined) return {};
  // First byte: the number of unused bits at the end; then the bits, most significant first.
  const bits = KEY_USAGE_BITS.filter(
    (_, i) => ((bytes.charCodeAt(1 + (i >> 3)) || 0) & (0x80 >> (i & 7))) !== 0,
  );
  return { keyUsage: { critical: extension.critical, bits: new Set(bits) } };
}

function readNames(
  extension: Extension | undefined,
): Pick<ParsedCertificate, 'uris' | 'dnsNames' | 'otherNames'> {
  const names = children(extension?.value);
  const ofTag = (tag: number): string[] =>
    names.filter((node) => contextTag(node) === tag).map((node) => content(node) ?? '');
  const [uris, dnsNames] = [ofTag(6), ofTag(2)];
  return { uris, dnsNames, otherNames: names.length - uris.length - dnsNames.length };
}

/** Authority Information Access (RFC 5280, 4.2.2.1): where the issuer's certificate is to be had; here it is at once. */
const CA_ISSUERS = '1.3.6.1.5.5.7.48.2';
const DATA_URI = 'data:application/pkix-cert;base64,';

function readIssuerCertificate(
  extension: Extension | undefined,
): Pick<ParsedCertificate, 'issuerCertificate'> {
  const [method, location] = children(children(extension?.value)[0]);
  if (location === undefined || contextTag(location) !== 6 || oidOf(method) !== CA_ISSUERS) return {};
  const uri = content(location);
  if (!uri?.startsWith(DATA_URI)) return {};
  return { issuerCertificate: Buffer.from(uri.slice(DATA_URI.length), 'base64') };
}
