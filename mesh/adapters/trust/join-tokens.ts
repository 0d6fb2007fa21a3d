/** The founder's record of join tokens: hashed, single use, bound to one cluster name, with an end. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { err, ok, type Result } from '../../kit/result.ts';
import { fault, type Fault } from '../../model/fault.ts';
import type { ClusterName } from '../../model/names.ts';
import type { KeyStore } from '../../ports/key-store.ts';

interface Issued {
  /** Hex SHA-256 of the secret. */
  readonly hash: string;
  readonly cluster: ClusterName;
  readonly expiresAt: number;
  /** Hex SHA-256 of the public key that redeemed it: the same key may ask again after a lost answer. */
  readonly usedBy?: string;
}

interface Redemption {
  readonly secret: Uint8Array;
  readonly cluster: ClusterName;
  /** DER of the joiner's public key. */
  readonly publicKey: Uint8Array;
  readonly nowMs: number;
}

export interface JoinTokens {
  add(secret: Uint8Array, cluster: ClusterName, expiresAt: number): void;
  /** Marks the token used, on disk, before it answers. */
  redeem(redemption: Redemption): Result<void, Fault>;
}

const KEEP_AFTER_EXPIRY_MS = 24 * 3_600_000;
const MAX_TOKENS = 1000;

export function openJoinTokens(store: KeyStore): JoinTokens {
  let tokens = readIssued(store);
  const save = (next: readonly Issued[]): void => {
    tokens = next;
    store.write('join-tokens.json', JSON.stringify(tokens));
  };
  return {
    add(secret, cluster, expiresAt) {
      const recent = tokens
        .filter((token) => token.expiresAt > expiresAt - KEEP_AFTER_EXPIRY_MS)
        .slice(-MAX_TOKENS + 1);
      save([...recent, { hash: hashOf(secret), cluster, expiresAt }]);
    },
    redeem({ secret, cluster, publicKey, nowMs }) {
      const hash = hashOf(secret);
      const found = tokens.find((token) =>
        timingSafeEqual(Buffer.from(token.hash, 'hex'), Buffer.from(hash, 'hex')),
      );
      if (found === undefined) return refuse('token_invalid', 'was not issued here');
      if (nowMs >= found.expiresAt)
        return refuse('token_expired', `ended ${new Date(found.expiresAt).toISOString()}`);
      if (found.cluster !== cluster)
        return refuse('token_wrong_cluster', `is for cluster ${found.cluster}, not ${cluster}`);
      const usedBy = hashOf(publicKey);
      if (found.usedBy !== undefined && found.usedBy !== usedBy)
        return refuse('token_used', `for cluster ${cluster} has been used`);
      save(tokens.map((token) => (token === found ? { ...found, usedBy } : token)));
      return ok(undefined);
    },
  };
}

/** A damaged record means that no token is known: those that were issued are refused. */
function readIssued(store: KeyStore): readonly Issued[] {
  const read = store.read('join-tokens.json');
  try {
    const stored: unknown = JSON.parse((read.ok ? read.value : undefined) ?? '[]');
    return Array.isArray(stored) ? stored.filter(isIssued) : [];
  } catch {
    return [];
  }
}

function isIssued(entry: unknown): entry is Issued {
  const { hash, cluster, expiresAt, usedBy = '' } = (entry ?? {}) as Partial<Issued>;
  const isHash = typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash);
  return isHash && typeof cluster === 'string' && typeof expiresAt === 'number' && typeof usedBy === 'string';
}

function refuse(
  code: 'token_invalid' | 'token_expired' | 'token_used' | 'token_wrong_cluster',
  what: string,
): Result<never, Fault> {
  return err(fault(code, 'join token', what));
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
