/** A member for tests: an exchange over real gRPC and mTLS on loopback. */
import { createExchangeDialer } from '../../../mesh/adapters/grpc/exchange-dialer.ts';
import { exchangeService } from '../../../mesh/adapters/grpc/exchange-server.ts';
import { startGrpcServer, type GrpcServer } from '../../../mesh/adapters/grpc/server.ts';
import { issueIdentity } from '../../../mesh/adapters/grpc/testing/test-mesh.ts';
import { systemClock } from '../../../mesh/adapters/clock/system-clock.ts';
import { createMemoryState } from '../../../mesh/adapters/files/state-folder.ts';
import { createMemoryLog, type MemoryLog } from '../../../mesh/adapters/log/memory-log.ts';
import { systemRandom } from '../../../mesh/adapters/random/system-random.ts';
import type { Authority } from '../../../mesh/adapters/trust/authority.ts';
import type { Fault } from '../../../mesh/model/fault.ts';
import type { ClusterName } from '../../../mesh/model/names.ts';
import type { MeshIdentity } from '../../../mesh/ports/mesh-identity.ts';
import type { StateStore } from '../../../mesh/ports/state-store.ts';
import { createExchangeManager } from '../exchange-manager.ts';
import type { ExchangeManager, Member } from '../exchange.ts';
import { catalogOf } from './catalogs.ts';
import { createCountingMetrics, type CountingMetrics } from './counting-metrics.ts';

export interface GrpcMember {
  readonly exchange: ExchangeManager;
  readonly server: GrpcServer;
  readonly log: MemoryLog;
  readonly metrics: CountingMetrics;
  /** How others reach it. */
  readonly member: Member;
  /** Callers that TLS refused. */
  readonly refusals: readonly Fault[];
  /** Offers these services, by name, in namespace `shop`. */
  offer(...services: readonly string[]): void;
  stop(): Promise<void>;
}

export async function startMember(
  authority: Authority,
  options: { readonly state?: StateStore; readonly onLeft?: (cluster: ClusterName) => void } = {},
): Promise<GrpcMember> {
  const { cluster } = authority;
  const identity = issueIdentity(authority, '/isthmus/controller');
  const log = createMemoryLog();
  const metrics = createCountingMetrics();
  const refusals: Fault[] = [];
  const now = (): number => Date.now();
  const exchange = createExchangeManager({
    ...{
      cluster,
      allowLoopback: true,
      trust: authority,
      clock: systemClock,
      random: systemRandom,
      log,
      metrics,
    },
    dial: createExchangeDialer({ identity, allowLoopback: true, now }),
    state: options.state ?? createMemoryState(),
    ...(options.onLeft === undefined ? {} : { onLeft: options.onLeft }),
  });
  const onRefused = (refusal: Fault): void => void refusals.push(refusal);
  const server = await serve(exchange, identity, onRefused);
  const gateways = [{ host: '127.0.0.1', port: server.address.port, zone: 'z1' }];
  const offer = (...services: readonly string[]): void =>
    exchange.publish(catalogOf({ cluster, gateways, services }));
  const stop = async (): Promise<void> => {
    await exchange.stop();
    await server.stop();
  };
  return { exchange, server, log, metrics, member: { cluster, gateways }, refusals, offer, stop };
}

async function serve(
  exchange: ExchangeManager,
  identity: MeshIdentity,
  onRefused: (refusal: Fault) => void,
): Promise<GrpcServer> {
  const server: GrpcServer = await startGrpcServer({
    ...{ listen: { host: '127.0.0.1', port: 0 }, identity, maxConnections: 100, now: () => Date.now() },
    expect: { kind: 'program', program: 'controller' },
    services: [
      exchangeService({
        peerOf: (call) => server.peerOf(call),
        acceptStream: (stream) => exchange.acceptStream(stream),
      }),
    ],
    onRefused,
  });
  return server;
}
