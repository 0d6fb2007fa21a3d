/** Makes a join token: one line that an operator hands to another. Only its hash stays here. */
import { X509Certificate } from 'node:crypto';
import type { Authority } from '../../mesh/adapters/trust/authority.ts';
import type { JoinTokens } from '../../mesh/adapters/trust/join-tokens.ts';
import { nameTaken } from '../../mesh/adapters/trust/members.ts';
import { fingerprint } from '../../mesh/adapters/trust/signed-bundle.ts';
import { encodeJoinToken } from '../../mesh/decide/join-token.ts';
import { toHex } from '../../mesh/kit/hex.ts';
import { err, ok, type Result } from '../../mesh/kit/result.ts';
import type { GatewayAddress } from '../../mesh/model/catalog.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import type { ClusterName } from '../../mesh/model/names.ts';
import type { Clock } from '../../mesh/ports/clock.ts';
import type { Random } from '../../mesh/ports/random.ts';

const TOKEN_LIFE_MS = 15 * 60_000;

export interface CreateTokenOptions {
  readonly authority: Authority;
  readonly tokens: JoinTokens;
  /** The one name that the token is for. */
  readonly cluster: ClusterName;
  /** Where the newcomer reaches this cluster. */
  readonly gateways: readonly GatewayAddress[];
  readonly clock: Clock;
  readonly random: Random;
  /** At most, and by default, TOKEN_LIFE_MS. */
  readonly lifeMs?: number;
}

export interface CreatedToken {
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

export function createJoinToken(options: CreateTokenOptions): Result<CreatedToken, Fault> {
  const { authority, tokens, cluster, gateways, clock, random, lifeMs = TOKEN_LIFE_MS } = options;
  const { mesh, cluster: founder } = authority;
  if (!authority.isFounder)
    return err(fault('not_founder', cluster, 'tokens are made where the root key is'));
  if (cluster === founder) return err(fault('cluster_name_taken', cluster, 'is the name of this cluster'));
  if (authority.isMember(cluster)) return err(nameTaken(cluster, mesh));
  if (gateways.length === 0)
    return err(fault('unavailable', founder, 'has no ready gateway through which a newcomer could join'));
  const root = authority.bundle().roots[0];
  if (root === undefined) return err(fault('bundle_missing', mesh, 'the trust bundle holds no root'));
  const secret = random.bytes(32);
  const expiresAt = clock.now() + Math.min(lifeMs, TOKEN_LIFE_MS);
  tokens.add(secret, cluster, expiresAt);
  const rootFingerprint = fingerprint(new X509Certificate(root).raw);
  const token = encodeJoinToken({
    ...{
      mesh,
      founder,
      gateways: gateways.slice(0, 16),
      rootFingerprint,
      cluster,
      secret: toHex(secret),
      expiresAt,
    },
  });
  return ok({ token, expiresAt });
}
