/** Leaves that break a rule, made from the stolen key of a member. */
import { createPublicKey, randomBytes, sign, X509Certificate, type KeyObject } from 'node:crypto';
import type { Asn1 } from '../../../kit/forge.ts';
import type { Credentials } from '../../../ports/mesh-identity.ts';
import {
  bits,
  boolean,
  context,
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
} from '../../x509/der.ts';
import { generateKeyPair, issuerAccess, keyId, privateKeyToPem } from '../../x509/issue.ts';
import { credentialsOf } from './test-mesh.ts';

export interface Thief {
  /** PEM of the certificate that it signs with. */
  readonly intermediate: string;
  readonly privateKey: KeyObject;
}

/** What differs from a good leaf; `undefined` leaves the extension out. */
export interface Flaw {
  /** General names: [tag, content]; 6 is a URI, 2 DNS, 7 an IP address, 1 mail. */
  readonly names?: readonly (readonly [tag: number, content: string])[] | undefined;
  readonly basicConstraints?: Asn1;
  /** Bits, most significant first: 0x80 digitalSignature, 0x08 keyAgreement, 0x04 keyCertSign, 0x02 cRLSign. */
  readonly keyUsage?: number | undefined;
  readonly keyUsageCritical?: boolean;
  /** Purposes below 1.3.6.1.5.5.7.3: 1 TLS server, 2 TLS client. */
  readonly purposes?: readonly number[] | undefined;
  readonly authorityKeyId?: Uint8Array | undefined;
  /** PEM: whom it says that it was issued by; that of the thief unless stated. */
  readonly issuedBy?: string | undefined;
  readonly more?: readonly Asn1[];
  readonly startsInMs?: number;
  readonly endsInMs?: number;
  /** Signs with its own key. */
  readonly selfSigned?: boolean;
}

const HOUR_MS = 3_600_000;

export const goodNames = [[6, 'spiffe://west.acme/ns/shop/sa/cart']] as const;

export function forgeLeaf(thief: Thief, flaw: Flaw): Credentials {
  const keys = generateKeyPair();
  const algorithm = sequence(oid('1.2.840.10045.4.3.2'));
  const issuer = flaw.selfSigned ? '' : issuerName(thief);
  const [starts, ends] = [flaw.startsInMs ?? -HOUR_MS, flaw.endsInMs ?? HOUR_MS];
  const toSign = sequence(
    context(0, [integer(Buffer.from([2]))]),
    integer(Buffer.concat([Buffer.from([0x40]), randomBytes(8)])),
    algorithm,
    issuer === '' ? sequence() : sequence(set(sequence(oid('2.5.4.3'), utf8(issuer)))),
    sequence(time(Date.now() + starts), time(Date.now() + ends)),
    sequence(),
    fromTrustedDer(keys.publicKey.export({ type: 'spki', format: 'der' })),
    context(3, [sequence(...extensionsOf(thief, flaw))]),
  );
  const signature = sign('sha256', toDer(toSign), flaw.selfSigned ? keys.privateKey : thief.privateKey);
  const leaf = toPem(toDer(sequence(toSign, algorithm, bits(signature))), 'CERTIFICATE');
  return credentialsOf(leaf + (flaw.selfSigned ? '' : thief.intermediate), privateKeyToPem(keys.privateKey));
}

function issuerName({ intermediate }: Thief): string {
  return /CN=(.+)/.exec(new X509Certificate(intermediate).subject ?? '')?.[1] ?? '';
}

function extensionsOf(thief: Thief, flaw: Flaw): Asn1[] {
  const given = {
    ...{ names: goodNames, basicConstraints: sequence(), keyUsage: 0x80, purposes: [1, 2] },
    ...{ authorityKeyId: keyId(createPublicKey(thief.privateKey)), issuedBy: thief.intermediate },
    ...flaw,
  };
  const { names, keyUsage, purposes, authorityKeyId, issuedBy } = given;
  const purpose = (last: number): Asn1 => oid(`1.3.6.1.5.5.7.3.${last}`);
  const aki = authorityKeyId && sequence(context(0, Buffer.from(authorityKeyId).toString('binary')));
  return [
    extension('2.5.29.19', true, given.basicConstraints),
    ...optional('2.5.29.15', flaw.keyUsageCritical ?? true, keyUsage && rawBits(Buffer.from([0, keyUsage]))),
    ...optional('2.5.29.37', false, purposes && sequence(...purposes.map(purpose))),
    ...optional('2.5.29.17', true, names && generalNames(names)),
    ...optional('2.5.29.35', false, aki),
    ...optional('1.3.6.1.5.5.7.1.1', false, issuedBy ? issuerAccess(issuedBy) : 0),
    ...(flaw.more ?? []),
  ];
}

export function generalNames(names: readonly (readonly [number, string])[]): Asn1 {
  return sequence(...names.map(([tag, content]) => context(tag, content)));
}

export function extension(id: string, critical: boolean, value: Asn1): Asn1 {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(toDer(value)));
}

function optional(id: string, critical: boolean, value: Asn1 | 0 | undefined): Asn1[] {
  return value ? [extension(id, critical, value)] : [];
}

/** basicConstraints of a certificate authority. */
export const authorityConstraints = sequence(boolean(true), integer(Buffer.from([0])));
export const someOctets = octets(Buffer.from('x'));
