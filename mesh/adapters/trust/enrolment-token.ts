/**
 * Enrolment tokens of a standalone cluster: whoever may read the cluster's enrolment key can make one for exactly one
 * identity. `<expiry ms>.<SPIFFE id>.<HMAC>`, base64url.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { err, type Result } from '../../kit/result.ts';
import { fault, type Fault } from '../../model/fault.ts';
import { formatIdentity, parseIdentity, type Identity } from '../../model/identity.ts';

const MAX_TOKEN = 1024;

export function makeEnrolmentToken(key: Uint8Array, identity: Identity, expiresAt: number): string {
  const claim = `${expiresAt} ${formatIdentity(identity)}`;
  return `${Buffer.from(claim).toString('base64url')}.${mac(key, claim).toString('base64url')}`;
}

export function checkEnrolmentToken(key: Uint8Array, token: string, nowMs: number): Result<Identity, Fault> {
  const refuse = (what: string): Result<never, Fault> =>
    err(fault('enrolment_refused', 'enrolment token', what));
  const [claimPart, macPart, extra] = token.slice(0, MAX_TOKEN).split('.');
  if (token.length > MAX_TOKEN || extra !== undefined || !claimPart || !macPart)
    return refuse('is malformed');
  const claim = Buffer.from(claimPart, 'base64url').toString();
  const given = Buffer.from(macPart, 'base64url');
  const wanted = mac(key, claim);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted))
    return refuse('was not made with the key of this cluster');
  const [expiry, uri] = claim.split(' ');
  if (!(nowMs < Number(expiry))) return refuse('has expired');
  return parseIdentity(uri ?? '');
}

function mac(key: Uint8Array, claim: string): Buffer {
  return createHmac('sha256', key).update(claim).digest();
}
