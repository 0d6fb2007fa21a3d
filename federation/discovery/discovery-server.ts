/** The discovery listener of a controller: registrations in, views out, and renewal of certificates for who has one. */
import { createEnrolmentService, type CheckToken } from '../enrolment-service.ts';
import { startGrpcServer, type GrpcServer } from '../../mesh/adapters/grpc/server.ts';
import type { Authority } from '../../mesh/adapters/trust/authority.ts';
import type { ListenAddress } from '../../mesh/model/cluster-config.ts';
import type { Fault } from '../../mesh/model/fault.ts';
import type { ProxyReport } from '../../mesh/model/report.ts';
import type { Clock } from '../../mesh/ports/clock.ts';
import type { Log } from '../../mesh/ports/log.ts';
import type { MeshIdentity } from '../../mesh/ports/mesh-identity.ts';
import type { Metrics } from '../../mesh/ports/metrics.ts';
import type { ProxyRegistration } from '../decide/registrations.ts';
import { createDiscoveryService, type ConnectedProxy } from './discovery-service.ts';
import type { Publication } from './published-view.ts';
import type { Registry } from './registry.ts';

export interface DiscoveryServerOptions {
  readonly listen: ListenAddress;
  readonly publication: Publication;
  readonly identity: MeshIdentity;
  readonly authority: Authority;
  readonly checkToken: CheckToken;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** A connection, registration or report that was refused. */
  readonly onRefused: (refusal: Fault) => void;
  readonly onReport: (report: ProxyReport, registration: ProxyRegistration) => void;
}

export interface DiscoveryServer {
  readonly address: ListenAddress;
  proxies(): readonly ConnectedProxy[];
  /** Tells the proxies, then ends. Idempotent. */
  stop(): Promise<void>;
}

const MAX_CONNECTIONS = 5000;
/** For the farewell to leave. */
const FAREWELL_MS = 50;

export async function startDiscoveryServer(options: DiscoveryServerOptions): Promise<DiscoveryServer> {
  const { authority, clock, identity, publication } = options;
  const { cluster } = authority;
  const peerOf = (call: { getPeer(): string }): ReturnType<GrpcServer['peerOf']> => server.peerOf(call);
  const service = createDiscoveryService({ ...options, cluster, peerOf, view: publication.view });
  const enrolment = createEnrolmentService({ ...options, peerOf });
  // No connection is taken before this is assigned.
  const server: GrpcServer = await startGrpcServer({
    ...{ listen: options.listen, identity, expect: { kind: 'member' }, maxConnections: MAX_CONNECTIONS },
    ...{ services: [service, enrolment], now: clock.now, onRefused: options.onRefused },
  });
  const unsubscribe = publication.subscribe(service.published);
  const { address, stop } = server;
  return {
    address,
    proxies: service.proxies,
    async stop() {
      unsubscribe();
      service.drain();
      await new Promise<void>((resolve) => clock.after(FAREWELL_MS, resolve));
      await stop();
    },
  };
}
