/** Certificate signing requests (PKCS#10, RFC 2986): they carry a public key and prove possession of its private key. */
import { createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { children, content, readDer } from '../../decide/certificate/asn1-reader.ts';
import { err, ok, type Result } from '../../kit/result.ts';
import { fault, type Fault } from '../../model/fault.ts';
import { bits, context, fromTrustedDer, integer, oid, sequence, toDer } from './der.ts';
import type { KeyPair } from './issue.ts';

export function createRequest(keys: KeyPair): Buffer {
  const publicKey = fromTrustedDer(keys.publicKey.export({ type: 'spki', format: 'der' }));
  const info = sequence(integer(Buffer.from([0])), sequence(), publicKey, context(0, []));
  const signature = sign('sha256', toDer(info), keys.privateKey);
  return toDer(sequence(info, sequence(oid('1.2.840.10045.4.3.2')), bits(signature)));
}

/** The public key of a request that is signed by it, and nothing else of it: names and extensions are not read. */
export function readRequest(der: Uint8Array): Result<KeyObject, Fault> {
  const bad = (what: string): Result<never, Fault> => err(fault('invalid_csr', 'certificate request', what));
  const [info, , signature] = children(readDer(der));
  const keyNode = children(info)[2];
  const signed = content(signature);
  if (info === undefined || keyNode === undefined || signed === undefined)
    return bad('is not DER of a PKCS#10 request');
  try {
    const key = createPublicKey({ key: toDer(keyNode), format: 'der', type: 'spki' });
    if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') return bad('its key is not ECDSA P-256');
    const genuine = verify('sha256', toDer(info), key, Buffer.from(signed, 'binary').subarray(1));
    return genuine ? ok(key) : bad('is not signed by its own key');
  } catch {
    return bad('its public key or signature cannot be read');
  }
}
