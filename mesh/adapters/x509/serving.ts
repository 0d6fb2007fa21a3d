/** An authority of its own for one HTTPS server whose clients are told whom to trust, and the certificates of that server. */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { context, oid, sequence } from './der.ts';
import {
  BACKDATE_MS,
  basicConstraints,
  buildCertificate,
  extension,
  keyIds,
  keyUsage,
  nameConstraints,
  type KeyPair,
} from './issue.ts';

export interface ServingOptions {
  /** DNS name of the server. */
  readonly host: string;
  readonly nowMs: number;
  readonly lifeMs: number;
}

/** May only speak for that server. PEM. */
export function createServingAuthority(keys: KeyPair, { host, nowMs, lifeMs }: ServingOptions): string {
  const { privateKey, publicKey } = keys;
  const commonName = authorityName(host);
  return buildCertificate({
    ...{ subject: commonName, issuer: commonName, publicKey, signer: privateKey },
    ...{ notBefore: nowMs - BACKDATE_MS, notAfter: nowMs + lifeMs },
    extensions: [basicConstraints(0), keyUsage(0x06), nameConstraints(host), ...keyIds(publicKey, publicKey)],
  });
}

function authorityName(host: string): string {
  return `authority of ${host}`;
}

/** PEM */
export function issueServing(
  authorityKey: KeyObject,
  { host, nowMs, lifeMs, publicKey }: ServingOptions & { readonly publicKey: KeyObject },
): string {
  return buildCertificate({
    ...{ subject: undefined, issuer: authorityName(host), publicKey, signer: authorityKey },
    ...{ notBefore: nowMs - BACKDATE_MS, notAfter: nowMs + lifeMs },
    extensions: [
      extension('2.5.29.19', true, sequence()),
      keyUsage(0x80),
      extension('2.5.29.37', false, sequence(oid('1.3.6.1.5.5.7.3.1'))),
      extension('2.5.29.17', true, sequence(context(2, host))),
      ...keyIds(publicKey, createPublicKey(authorityKey)),
    ],
  });
}
