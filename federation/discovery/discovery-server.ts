/** The discovery listener of a controller: registrations in, views out, and renewal of certificates for who has one. */
import { createEnrolmentService } from '../enrolment-service.ts';
import { startGrpcServer, type GrpcServer } from '../../mesh/adapters/grpc/server.ts';
import type { Authority } from '../../mesh/adapters/trust/authority.ts';
import type { ListenAddress } from '../../mesh/model/cluster-config.ts';
import type { Fault } from '../../mesh/model/fault.ts';
import type { PeerView, Self, ServiceView } from '../../mesh/model/mesh-view.ts';
import type { ClusterName, ServiceKey } from '../../mesh/model/names.ts';
import type { ProxyReport } from '../../mesh/model/report.ts';
import type { Clock } from '../../mesh/ports/clock.ts';
import type { Log } from '../../mesh/ports/log.ts';
import type { MeshIdentity } from '../../mesh/ports/mesh-identity.ts';
import type { Metrics } from '../../mesh/ports/metrics.ts';
import type { ProxyRegistration } from '../decide/registrations.ts';
import { isChange, settle } from '../decide/view-diff.ts';
import { createDiscoveryService, type ConnectedProxy } from './discovery-service.ts';
import type { Registry } from './registry.ts';
import type { PublishedView, ViewChanges } from './subscriber.ts';

export interface DiscoveryServerOptions {
  readonly listen: ListenAddress;
  readonly self: Self;
  readonly identity: MeshIdentity;
  readonly authority: Authority;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** A connection, registration or report that was refused. */
  readonly onRefused: (refusal: Fault) => void;
  readonly onReport: (report: ProxyReport, registration: ProxyRegistration) => void;
}

export interface NextView {
  readonly services: ReadonlyMap<ServiceKey, ServiceView>;
  readonly peers: ReadonlyMap<ClusterName, PeerView>;
}

export interface DiscoveryServer {
  readonly address: ListenAddress;
  /** Replaces the view; proxies get what changed. Answers the changes, or undefined when there are none. */
  publish(next: NextView): ViewChanges | undefined;
  view(): PublishedView;
  proxies(): readonly ConnectedProxy[];
  /** Tells the proxies, then ends. Idempotent. */
  stop(): Promise<void>;
}

const MAX_CONNECTIONS = 5000;
/** For the farewell to leave. */
const FAREWELL_MS = 50;

export async function startDiscoveryServer(options: DiscoveryServerOptions): Promise<DiscoveryServer> {
  const { authority, clock, identity } = options;
  const { cluster } = authority;
  // Above what an earlier run has published, so that versions grow over restarts too.
  let view = firstView(options, clock.now());
  const peerOf = (call: { getPeer(): string }): ReturnType<GrpcServer['peerOf']> => server.peerOf(call);
  const service = createDiscoveryService({ ...options, cluster, peerOf, view: () => view });
  const enrolment = createEnrolmentService({ ...options, peerOf });
  // No connection is taken before this is assigned.
  const server: GrpcServer = await startGrpcServer({
    ...{ listen: options.listen, identity, expect: { kind: 'member' }, maxConnections: MAX_CONNECTIONS },
    ...{ services: [service, enrolment], now: clock.now, onRefused: options.onRefused },
  });
  const { address, stop } = server;
  return {
    address,
    publish(next) {
      const settled = settleView(view, { ...next, bundle: authority.signedBundle() });
      if (settled === undefined) return undefined;
      view = settled.view;
      service.published(settled.changes);
      return settled.changes;
    },
    view: () => view,
    proxies: service.proxies,
    async stop() {
      service.drain();
      await new Promise<void>((resolve) => clock.after(FAREWELL_MS, resolve));
      await stop();
    },
  };
}

function firstView({ self, authority }: DiscoveryServerOptions, version: number): PublishedView {
  return { version, self, bundle: authority.signedBundle(), services: new Map(), peers: new Map() };
}

type Next = NextView & Pick<PublishedView, 'bundle'>;

/** Undefined when nothing is different. */
function settleView(
  view: PublishedView,
  next: Next,
): { view: PublishedView; changes: ViewChanges } | undefined {
  const services = settle(view.services, next.services);
  const peers = settle(view.peers, next.peers);
  const bundle = next.bundle.payload !== view.bundle.payload;
  if (!bundle && !isChange(services) && !isChange(peers)) return undefined;
  const version = view.version + 1;
  return {
    view: { ...view, version, bundle: next.bundle, services: services.entries, peers: peers.entries },
    changes: { services, peers, bundle },
  };
}
