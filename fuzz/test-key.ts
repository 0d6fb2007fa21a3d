/** Keys that are always the same, one for each number from 1 to 255: they are no secrets, and stand in the corpus. */
import { createECDH, createPrivateKey, createPublicKey } from 'node:crypto';
import type { KeyPair } from '../mesh/adapters/x509/issue.ts';

export function testKey(number: number): KeyPair {
  const curve = createECDH('prime256v1');
  const secret = Buffer.alloc(32, number);
  curve.setPrivateKey(secret);
  const point = curve.getPublicKey();
  const part = (from: number): string => point.subarray(from, from + 32).toString('base64url');
  const jwk = { kty: 'EC', crv: 'P-256', d: secret.toString('base64url'), x: part(1), y: part(33) };
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
  return { privateKey, publicKey: createPublicKey(privateKey) };
}
