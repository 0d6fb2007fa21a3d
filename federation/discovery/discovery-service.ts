/** The controller's end of the discovery streams of its proxies. */
import type { ServerDuplexStream, handleBidiStreamingCall } from '@grpc/grpc-js';
import { readRegistration, readReport } from '../../mesh/adapters/discovery/proxy-wire.ts';
import {
  DiscoveryServiceService,
  type ConnectRequest,
  type ConnectResponse,
} from '../../mesh/adapters/grpc/generated/isthmus/discovery/v1/discovery.ts';
import type { GrpcPeer, GrpcService } from '../../mesh/adapters/grpc/server.ts';
import { err, type Result } from '../../mesh/kit/result.ts';
import { fault, formatFault, type Fault } from '../../mesh/model/fault.ts';
import { formatIdentity, type Identity } from '../../mesh/model/identity.ts';
import type { ClusterName } from '../../mesh/model/names.ts';
import type { ProxyReport } from '../../mesh/model/report.ts';
import type { Clock } from '../../mesh/ports/clock.ts';
import type { Log } from '../../mesh/ports/log.ts';
import type { ProxyRegistration } from '../decide/registrations.ts';
import type { Registry } from './registry.ts';
import { openSubscriber, type PublishedView, type Subscriber, type ViewChanges } from './subscriber.ts';

export interface DiscoveryServiceOptions {
  readonly cluster: ClusterName;
  readonly registry: Registry;
  /** What is published now. */
  readonly view: () => PublishedView;
  readonly peerOf: (call: { getPeer(): string }) => GrpcPeer | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly onRefused: (refusal: Fault) => void;
  readonly onReport: (report: ProxyReport, registration: ProxyRegistration) => void;
}

export interface ConnectedProxy {
  readonly identity: Identity;
  readonly registration: ProxyRegistration | undefined;
  /** Version of the view that is in force there; 0 before the first. */
  readonly acknowledged: number;
  /** Its reports of the last seconds, oldest first. */
  readonly reports: readonly ProxyReport[];
}

export interface DiscoveryService extends GrpcService {
  /** Tells every proxy. */
  published(changes: ViewChanges): void;
  proxies(): readonly ConnectedProxy[];
  /** Asks the proxies to come back later, and ends their streams. Their registrations are kept on disk. */
  drain(): void;
}

interface Session {
  readonly number: number;
  readonly call: ServerDuplexStream<ConnectRequest, ConnectResponse>;
  readonly caller: { readonly identity: Identity; readonly address: string };
  readonly subscriber: Subscriber;
  registration: ProxyRegistration | undefined;
  acknowledged: number;
  reports: readonly { readonly at: number; readonly report: ProxyReport }[];
}

export function createDiscoveryService(options: DiscoveryServiceOptions): DiscoveryService {
  const sessions = new Map<number, Session>();
  let numbers = 0;
  const connect: handleBidiStreamingCall<ConnectRequest, ConnectResponse> = (call) => {
    call.on('error', () => undefined);
    const peer = options.peerOf(call);
    if (peer?.identity?.cluster !== options.cluster) return void call.end();
    const session = openSession(call, ++numbers, { options, identity: peer.identity, address: peer.address });
    sessions.set(session.number, session);
    whenEnded(call, () => {
      if (!sessions.delete(session.number)) return;
      session.subscriber.close();
      options.registry.withdraw(session.number);
    });
    call.on('data', (request: ConnectRequest) => takeRequest(request, session, options));
  };
  return {
    ...{ definition: DiscoveryServiceService, handlers: { connect } },
    published(changes) {
      for (const { subscriber } of sessions.values()) subscriber.changed(changes);
    },
    proxies: () =>
      [...sessions.values()].map(({ caller, registration, acknowledged, reports }) => ({
        ...{ identity: caller.identity, registration, acknowledged },
        reports: reports.map(({ report }) => report),
      })),
    drain() {
      for (const { call, subscriber } of sessions.values()) {
        subscriber.close();
        call.write({ body: { $case: 'draining', value: {} } });
        call.end();
      }
      sessions.clear();
    },
  };
}

/** `ended` may be called several times. */
function whenEnded(call: Session['call'], ended: () => void): void {
  call.on('cancelled', ended).on('close', ended);
  call.on('end', () => {
    ended();
    call.end();
  });
}

interface Opening {
  readonly options: DiscoveryServiceOptions;
  readonly identity: Identity;
  readonly address: string;
}

function openSession(
  call: Session['call'],
  number: number,
  { options, identity, address }: Opening,
): Session {
  const subscriber = openSubscriber(options.view, (response, sent) => {
    call.write(response, (error: Error | null | undefined) => {
      if (!error) sent();
    });
  });
  const caller = { identity, address };
  options.log.debug('proxy connected', () => ({ identity: formatIdentity(identity), address }));
  return {
    ...{ number, call, caller, subscriber },
    ...{ registration: undefined, acknowledged: 0, reports: [] },
  };
}

/** Proxies report once a second; what comes faster than this is dropped. */
const REPORT_EVERY_MS = 100;
/** Long enough to measure shares, short enough to show what happens now. */
const HISTORY_MS = 10_000;
const MAX_HISTORY = 12;

function takeRequest({ body }: ConnectRequest, session: Session, options: DiscoveryServiceOptions): void {
  switch (body?.$case) {
    case 'registration':
      return answer(takeRegistration(readRegistration(body.value), session, options), session, options);
    case 'report':
      return answer(takeReport(readReport(body.value), session, options), session, options);
    case 'ack':
      session.acknowledged = Math.min(body.value.version, options.view().version);
      return;
    case undefined:
      return answer(
        err(fault('schema_violation', 'discovery', 'a message of no known kind')),
        session,
        options,
      );
  }
}

function takeRegistration(
  read: Result<ProxyRegistration, Fault>,
  session: Session,
  { registry }: DiscoveryServiceOptions,
): Result<unknown, Fault> {
  if (!read.ok) return read;
  const taken = registry.register(session.number, read.value, session.caller);
  if (taken.ok) session.registration = read.value;
  return taken;
}

function takeReport(
  read: Result<ProxyReport, Fault>,
  session: Session,
  { clock, onReport }: DiscoveryServiceOptions,
): Result<unknown, Fault> {
  if (!read.ok) return read;
  const report = read.value;
  const own = session.registration;
  if (own?.kind !== 'sidecar' || own.proxy !== report.proxy || own.service !== report.workload)
    return err(fault('identity_mismatch', report.proxy, 'reports for a proxy that it is not'));
  const at = clock.monotonic();
  const last = session.reports.at(-1);
  if (last !== undefined && at - last.at < REPORT_EVERY_MS) return read;
  const recent = session.reports.slice(1 - MAX_HISTORY).filter((entry) => at - entry.at <= HISTORY_MS);
  session.reports = [...recent, { at, report }];
  onReport(report, own);
  return read;
}

function answer(
  result: Result<unknown, Fault>,
  { call, caller }: Session,
  options: DiscoveryServiceOptions,
): void {
  if (result.ok) return;
  const { code, subject } = result.error;
  options.onRefused(result.error);
  options.log.warn('proxy refused', {
    ...{ reason: code, detail: formatFault(result.error), identity: formatIdentity(caller.identity) },
  });
  // A proxy that does not read its refusals gets no more of them.
  if (!call.writableNeedDrain)
    call.write({ body: { $case: 'refusal', value: { code, subject, message: result.error.message } } });
}
