import { describe, expect, it } from 'vitest';
import { createManualClock } from '../../mesh/adapters/clock/manual-clock.ts';
import { foundMesh, valueOf } from '../../mesh/adapters/grpc/testing/test-mesh.ts';
import { createSeededRandom } from '../../mesh/adapters/random/seeded-random.ts';
import { createMemoryKeyStore } from '../../mesh/adapters/trust/folder-key-store.ts';
import { openJoinTokens } from '../../mesh/adapters/trust/join-tokens.ts';
import { decodeJoinToken } from '../../mesh/decide/join-token.ts';
import type { ClusterName } from '../../mesh/model/names.ts';
import { createJoinToken, type CreateTokenOptions } from './create-token.ts';

const MINUTE_MS = 60_000;
const clock = createManualClock();
const authority = foundMesh('east');
const gateway = { host: '192.0.2.1', port: 15443, zone: 'eu-1' };

function create(over: Partial<CreateTokenOptions> = {}): ReturnType<typeof createJoinToken> {
  return createJoinToken({
    ...{ authority, tokens: openJoinTokens(createMemoryKeyStore()) },
    ...{ cluster: 'west' as ClusterName, gateways: [gateway], clock, random: createSeededRandom(1), ...over },
  });
}

describe('a join token (S24)', () => {
  it.each([
    [undefined, 15],
    [MINUTE_MS, 1],
    [15 * MINUTE_MS, 15],
    [16 * MINUTE_MS, 15],
    [24 * 60 * MINUTE_MS, 15],
  ])('asked for %s ms lives for %i minutes', (lifeMs, minutes) => {
    const { token, expiresAt } = valueOf(create(lifeMs === undefined ? {} : { lifeMs }));
    expect(expiresAt).toBe(clock.now() + minutes * MINUTE_MS);
    expect(valueOf(decodeJoinToken(token)).expiresAt).toBe(expiresAt);
  });

  it.each([
    ['for its own name', { cluster: 'east' as ClusterName }, 'cluster_name_taken'],
    ['without a gateway that a newcomer could reach', { gateways: [] }, 'unavailable'],
  ])('is not made %s', (_, over, code) => {
    const made = create(over);
    expect(made.ok ? 'made' : made.error.code).toBe(code);
  });

  it('has a secret of 256 bits that no other token has', () => {
    const random = createSeededRandom(2);
    const secrets = Array.from({ length: 50 }, () => {
      return valueOf(decodeJoinToken(valueOf(create({ random })).token)).secret;
    });
    expect(new Set(secrets).size).toBe(50);
    for (const secret of secrets) expect(secret).toMatch(/^[0-9a-f]{64}$/);
  });
});
