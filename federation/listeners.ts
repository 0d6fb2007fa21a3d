/** The listeners that other clusters and newcomers reach: exchange, joining, first enrolment. */
import { createEnrolmentService, type CheckToken } from './enrolment-service.ts';
import type { ExchangeManager, Member } from './exchange/exchange.ts';
import { joinService } from './join/join-service.ts';
import type { ControllerTrust } from './controller-trust.ts';
import type { ControllerMetrics } from './controller-metrics.ts';
import { exchangeService } from '../mesh/adapters/grpc/exchange-server.ts';
import {
  startGrpcServer,
  type GrpcServer,
  type GrpcServerOptions,
  type GrpcService,
} from '../mesh/adapters/grpc/server.ts';
import type { ClusterConfig } from '../mesh/model/cluster-config.ts';
import type { ClusterName } from '../mesh/model/names.ts';
import type { Clock } from '../mesh/ports/clock.ts';
import type { KeyStore } from '../mesh/ports/key-store.ts';
import type { Log } from '../mesh/ports/log.ts';
import type { Metrics } from '../mesh/ports/metrics.ts';

export interface ListenerOptions {
  readonly config: ClusterConfig;
  readonly trust: ControllerTrust;
  readonly exchange: ExchangeManager;
  /** Every member with its gateways, this cluster among them. */
  readonly members: () => readonly Member[];
  readonly onJoined: (cluster: ClusterName) => void;
  readonly checkToken: CheckToken;
  /** Of the keys. */
  readonly flush: KeyStore['flush'];
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly measured: ControllerMetrics;
}

export interface Listeners {
  readonly federation: GrpcServer;
  readonly join: GrpcServer;
  readonly enrolment: GrpcServer;
  stop(): Promise<void>;
}

type Settings = Pick<GrpcServerOptions, 'expect' | 'maxConnections'> & { readonly port: number };
type ServiceOf = (peerOf: GrpcServer['peerOf']) => GrpcService;
type Start = (name: string, settings: Settings, serviceOf: ServiceOf) => Promise<GrpcServer>;

/** All of them, or none. */
export async function startListeners(options: ListenerOptions): Promise<Listeners> {
  const started: GrpcServer[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((server) => server.stop()));
  };
  const start: Start = async (...asked) => {
    const server = await startListener(options, ...asked);
    started.push(server);
    return server;
  };
  try {
    return { ...(await startAll(options, start)), stop };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

async function startListener(
  { config, trust, clock, measured }: ListenerOptions,
  ...[name, { port, ...settings }, serviceOf]: Parameters<Start>
): Promise<GrpcServer> {
  // No connection is taken before this is assigned.
  const server: GrpcServer = await startGrpcServer({
    ...{ ...settings, listen: { host: config.controller.host, port }, identity: trust.identity },
    ...{ now: clock.now, services: [serviceOf((call) => server.peerOf(call))] },
    onRefused: (refusal) => measured.refused(name, refusal),
  });
  return server;
}

async function startAll(options: ListenerOptions, start: Start): Promise<Omit<Listeners, 'stop'>> {
  const { exchange, trust } = options;
  const { federationPort, joinPort, enrolmentPort } = options.config.controller;
  const controllers = { kind: 'program', program: 'controller' } as const;
  const federation = await start(
    'federation',
    { port: federationPort, expect: controllers, maxConnections: 1000 },
    (peerOf) => exchangeService({ peerOf, acceptStream: (stream) => exchange.acceptStream(stream) }),
  );
  const join = await start('join', { port: joinPort, expect: 'anyone', maxConnections: 64 }, () =>
    joinService({ ...options, ...trust, addMember: (member) => exchange.addMember(member) }),
  );
  const enrolment = await start(
    'enrolment',
    { port: enrolmentPort, expect: 'anyone', maxConnections: 512 },
    (peerOf) => createEnrolmentService({ ...options, authority: trust.authority, peerOf }),
  );
  return { federation, join, enrolment };
}
