/** X.509 built and signed: forge encodes ASN.1, Node's crypto makes keys, signatures and verifications. Start at issue.ts. */
import { forge, type Asn1 } from '../../kit/forge.ts';
import { MAX_DER_BYTES } from '../../decide/certificate/asn1-reader.ts';

const { Class, Type } = forge.asn1;

const universal = (type: number, value: string | Asn1[]): Asn1 =>
  forge.asn1.create(Class.UNIVERSAL, type, Array.isArray(value), value);

export const sequence = (...items: readonly Asn1[]): Asn1 => universal(Type.SEQUENCE, [...items]);
export const set = (...items: readonly Asn1[]): Asn1 => universal(Type.SET, [...items]);
export const oid = (dotted: string): Asn1 => universal(Type.OID, forge.asn1.oidToDer(dotted).getBytes());
export const utf8 = (text: string): Asn1 => universal(Type.UTF8, forge.util.encodeUtf8(text));
export const boolean = (value: boolean): Asn1 => universal(Type.BOOLEAN, value ? '\xff' : '\0');
export const integer = (bytes: Uint8Array): Asn1 => universal(Type.INTEGER, binary(bytes));
export const octets = (bytes: Uint8Array): Asn1 => universal(Type.OCTETSTRING, binary(bytes));
/** A bit string without unused bits. */
export const bits = (bytes: Uint8Array): Asn1 => universal(Type.BITSTRING, `\0${binary(bytes)}`);
/** A bit string whose first byte says how many bits at the end are unused. */
export const rawBits = (bytes: Uint8Array): Asn1 => universal(Type.BITSTRING, binary(bytes));
export const context = (tag: number, value: string | readonly Asn1[]): Asn1 =>
  forge.asn1.create(
    Class.CONTEXT_SPECIFIC,
    tag,
    typeof value !== 'string',
    typeof value === 'string' ? value : [...value],
  );

/** RFC 5280: UTCTime through 2049, GeneralizedTime after. */
export function time(ms: number): Asn1 {
  const date = new Date(ms);
  if (date.getUTCFullYear() < 2050) return universal(Type.UTCTIME, forge.asn1.dateToUtcTime(date));
  return universal(Type.GENERALIZEDTIME, forge.asn1.dateToGeneralizedTime(date));
}

export function toDer(node: Asn1): Buffer {
  return Buffer.from(forge.asn1.toDer(node).getBytes(), 'binary');
}

export function fromTrustedDer(der: Uint8Array): Asn1 {
  return forge.asn1.fromDer(binary(der), { decodeBitStrings: false } as never);
}

function binary(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('binary');
}

export function toPem(der: Uint8Array, label: 'CERTIFICATE'): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** The DER of each certificate in a PEM text, at most 10; undefined when there is none or one is not base64. */
export function fromPem(pem: string): Buffer[] | undefined {
  const blocks = [
    ...pem
      .slice(0, 20 * MAX_DER_BYTES)
      .matchAll(/-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g),
  ];
  if (blocks.length === 0 || blocks.length > 10) return undefined;
  return blocks.map((block) => Buffer.from(block[1] ?? '', 'base64'));
}
