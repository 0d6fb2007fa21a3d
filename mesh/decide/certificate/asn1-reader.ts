/** Reads DER trees without throwing. Bit strings are left undecoded: decoding them mis-parses 1 key in 256. */
import { forge, type Asn1 } from '../../kit/forge.ts';

export type Node = Asn1;

/** No certificate or request of a mesh comes near this. */
export const MAX_DER_BYTES = 16_384;

export function readDer(der: Uint8Array): Node | undefined {
  if (der.length === 0 || der.length > MAX_DER_BYTES) return undefined;
  try {
    return forge.asn1.fromDer(Buffer.from(der).toString('binary'), { decodeBitStrings: false } as never);
  } catch {
    return undefined;
  }
}

/**
 * Whether the bytes are the one DER form of what was read. BER allows many forms, which two parsers may read
 * differently: then one checks what the other does not see.
 */
export function isCanonical(node: Node, der: Uint8Array): boolean {
  try {
    return forge.asn1.toDer(node).getBytes() === Buffer.from(der).toString('binary');
  } catch {
    return false;
  }
}

const { BOOLEAN, INTEGER, BITSTRING, SEQUENCE, OID, UTCTIME, GENERALIZEDTIME } = forge.asn1.Type;

function isOfType(node: Node | undefined, type: Node['type']): boolean {
  return node?.tagClass === forge.asn1.Class.UNIVERSAL && node.type === type;
}

export function isBoolean(node: Node | undefined): boolean {
  return isOfType(node, BOOLEAN);
}

export function isInteger(node: Node | undefined): boolean {
  return isOfType(node, INTEGER);
}

export function isBitString(node: Node | undefined): boolean {
  return isOfType(node, BITSTRING);
}

export function isSequence(node: Node | undefined): boolean {
  return isOfType(node, SEQUENCE) && Array.isArray(node?.value);
}

export function children(node: Node | undefined): readonly Node[] {
  return node !== undefined && Array.isArray(node.value) ? node.value : [];
}

/** The content bytes of a primitive value, one character a byte; undefined for a constructed one. */
export function content(node: Node | undefined): string | undefined {
  return node !== undefined && typeof node.value === 'string' ? node.value : undefined;
}

/** Whole numbers of seven bits a byte, without needless leading zeros: forge leaves out what is not whole. */
const OID_BYTES = /^(?:[\x00-\x7f]|[\x81-\xff][\x80-\xff]*[\x00-\x7f])+$/;

export function oidOf(node: Node | undefined): string | undefined {
  const bytes = content(node) ?? '';
  if (!OID_BYTES.test(bytes) || !isOfType(node, OID)) return undefined;
  try {
    return forge.asn1.derToOid(bytes);
  } catch {
    return undefined;
  }
}

export function contextTag(node: Node): number | undefined {
  return node.tagClass === forge.asn1.Class.CONTEXT_SPECIFIC ? node.type : undefined;
}

/** Milliseconds since the epoch of a UTCTime or GeneralizedTime; undefined for anything else. */
export function timeOf(node: Node | undefined): number | undefined {
  const text = content(node) ?? '';
  const isShort = isOfType(node, UTCTIME) && /^\d{12}Z$/.test(text);
  if (!isShort && !(isOfType(node, GENERALIZEDTIME) && /^\d{14}Z$/.test(text))) return undefined;
  const full = isShort ? (Number(text.slice(0, 2)) >= 50 ? '19' : '20') + text : text;
  const iso = full.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z');
  const ms = Date.parse(iso);
  return Number.isNaN(ms) ? undefined : ms;
}
