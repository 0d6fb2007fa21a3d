/** A founder that takes newcomers over real gRPC on loopback, without the rest of its controller. */
import { onTestFinished } from 'vitest';
import { createCountingMetrics, type CountingMetrics } from '../../exchange/testing/counting-metrics.ts';
import type { Member } from '../../exchange/exchange.ts';
import { systemClock } from '../../../mesh/adapters/clock/system-clock.ts';
import { startGrpcServer, type GrpcServer } from '../../../mesh/adapters/grpc/server.ts';
import { foundMesh, issueIdentity, valueOf } from '../../../mesh/adapters/grpc/testing/test-mesh.ts';
import { createMemoryLog, type MemoryLog } from '../../../mesh/adapters/log/memory-log.ts';
import { systemRandom } from '../../../mesh/adapters/random/system-random.ts';
import type { Authority } from '../../../mesh/adapters/trust/authority.ts';
import { createMemoryKeyStore } from '../../../mesh/adapters/trust/folder-key-store.ts';
import { openJoinTokens } from '../../../mesh/adapters/trust/join-tokens.ts';
import type { Result } from '../../../mesh/kit/result.ts';
import type { Fault } from '../../../mesh/model/fault.ts';
import type { ClusterName } from '../../../mesh/model/names.ts';
import type { KeyStore } from '../../../mesh/ports/key-store.ts';
import { createJoinToken } from '../create-token.ts';
import { joinService } from '../join-service.ts';

const WEST = 'west' as ClusterName;

/** `joined`, or why not. */
export const codeOf = (result: Result<unknown, Fault>): string => (result.ok ? 'joined' : result.error.code);

export interface Founder {
  /** The code with which no token is made for this name. */
  readonly refusedToken: (cluster: ClusterName) => string;
  readonly authority: Authority;
  readonly keys: KeyStore;
  readonly server: GrpcServer;
  readonly log: MemoryLog;
  readonly metrics: CountingMetrics;
  readonly joined: ClusterName[];
  token(cluster?: ClusterName, lifeMs?: number): string;
}

/** Ends with the test. */
export async function startFounder(authority = foundMesh('east')): Promise<Founder> {
  const keys = createMemoryKeyStore();
  const tokens = openJoinTokens(keys);
  const log = createMemoryLog();
  const metrics = createCountingMetrics();
  const joined: ClusterName[] = [];
  const members: Member[] = [
    { cluster: authority.cluster, gateways: [{ host: '192.0.2.1', port: 15443, zone: 'eu-1' }] },
  ];
  const server = await startGrpcServer({
    ...{
      listen: { host: '127.0.0.1', port: 0 },
      expect: 'anyone',
      maxConnections: 500,
      now: () => Date.now(),
      onRefused: () => undefined,
    },
    identity: issueIdentity(authority, '/isthmus/controller'),
    services: [
      joinService({
        ...{ authority, tokens, log, metrics, clock: systemClock, members: () => members },
        addMember: (member) => void members.push(member),
        onJoined: (cluster) => void joined.push(cluster),
        flush: () => keys.flush(),
      }),
    ],
  });
  onTestFinished(() => server.stop());
  const gateways = [{ host: '127.0.0.1', port: server.address.port, zone: '' }];
  const token = (cluster = WEST, lifeMs?: number): string => {
    const options = { authority, tokens, cluster, gateways, clock: systemClock, random: systemRandom };
    return valueOf(createJoinToken({ ...options, ...(lifeMs === undefined ? {} : { lifeMs }) })).token;
  };
  const refusedToken = (cluster: ClusterName): string =>
    codeOf(
      createJoinToken({ authority, tokens, cluster, gateways, clock: systemClock, random: systemRandom }),
    );
  return { authority, keys, server, log, metrics, joined, token, refusedToken };
}
