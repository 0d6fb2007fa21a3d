/** One stream from a proxy to its controller: opened, used until it ends, never reused. */
import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import type { ListenAddress } from '../../model/cluster-config.ts';
import { fault, formatFault, type Fault } from '../../model/fault.ts';
import { trustDomain } from '../../model/names.ts';
import type { ProxyReport } from '../../model/report.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Registration } from '../../ports/discovery.ts';
import type { Log } from '../../ports/log.ts';
import type { MeshIdentity } from '../../ports/mesh-identity.ts';
import { clientOptions, dialTarget } from '../grpc/client.ts';
import { meshCredentials } from '../grpc/credentials.ts';
import { statusFault } from '../grpc/fault-status.ts';
import {
  DiscoveryServiceClient,
  type ConnectRequest,
  type ConnectResponse,
  type Update,
} from '../grpc/generated/isthmus/discovery/v1/discovery.ts';
import { writeRegistration, writeReport } from './proxy-wire.ts';

export interface DiscoveryStreamOptions {
  readonly address: ListenAddress;
  readonly identity: MeshIdentity;
  readonly clock: Clock;
  readonly log: Log;
  readonly onUpdate: (update: Update) => void;
}

export interface StreamEnd {
  /** From the first message to the end. */
  readonly upMs: number;
  /** Absent when this end wanted it. */
  readonly reason: Fault | undefined;
}

export interface DiscoveryStream {
  register(registration: Registration): void;
  /** Only the latest report waits while the stream is slow. */
  report(report: ProxyReport): void;
  acknowledge(version: number): void;
  isUp(): boolean;
  end(): void;
  /** Never rejects. */
  readonly ended: Promise<StreamEnd>;
}

const CONNECT_MS = 5000;

export function openDiscoveryStream(options: DiscoveryStreamOptions): DiscoveryStream {
  const { address, clock } = options;
  const subject = `${address.host}:${address.port}`;
  let refusal: Fault | undefined;
  const client = createClient(options, (reason) => (refusal = reason));
  const call = client.connect();
  let upSince: number | undefined;
  const send = sender(call);
  const { promise, resolve } = Promise.withResolvers<StreamEnd>();
  const finish = (reason: Fault | undefined): void => {
    send.close();
    client.close();
    resolve({ upMs: upSince === undefined ? 0 : clock.monotonic() - upSince, reason });
  };
  call.on('data', (response: ConnectResponse) => {
    upSince ??= clock.monotonic();
    takeResponse(response, options, () => {
      finish(fault('unavailable', subject, 'the controller is stopping'));
      call.cancel();
    });
  });
  call.on('error', (error: ServiceError) => finish(refusal ?? statusFault(error, subject)));
  call.on('end', () => {
    call.end();
    finish(fault('unavailable', subject, 'the controller ended the stream'));
  });
  return {
    register: (registration) =>
      send.now({ body: { $case: 'registration', value: writeRegistration(registration) } }),
    report: (report) => send.latest({ body: { $case: 'report', value: writeReport(report) } }),
    acknowledge: (version) => send.now({ body: { $case: 'ack', value: { version } } }),
    isUp: () => upSince !== undefined,
    end() {
      finish(undefined);
      call.cancel();
    },
    ended: promise,
  };
}

function createClient(
  { address, identity, clock }: DiscoveryStreamOptions,
  onRefused: (refusal: Fault) => void,
): DiscoveryServiceClient {
  const { cluster, mesh } = identity.id;
  const serverName = `federation.${trustDomain(cluster, mesh)}`;
  const credentials = meshCredentials({
    ...{ identity, serverName, onRefused, now: clock.now, timeoutMs: CONNECT_MS },
    expect: { kind: 'program', program: 'controller', cluster },
  });
  return new DiscoveryServiceClient(dialTarget(address), credentials, clientOptions(serverName));
}

function takeResponse(
  { body }: ConnectResponse,
  { log, onUpdate }: DiscoveryStreamOptions,
  leave: () => void,
): void {
  if (body?.$case === 'update') return onUpdate(body.value);
  if (body?.$case === 'draining') return leave();
  if (body?.$case === 'refusal') {
    const { code, subject, message } = body.value;
    log.error('controller refused the registration', {
      reason: code,
      detail: formatFault({ ...fault('unavailable', subject, message) }),
    });
  }
}

interface Sender {
  now(request: ConnectRequest): void;
  latest(request: ConnectRequest): void;
  close(): void;
}

/** Small messages go at once; of reports only the latest waits while gRPC is not ready for more. */
function sender(call: ClientDuplexStream<ConnectRequest, ConnectResponse>): Sender {
  let open = true;
  let waiting: ConnectRequest | undefined;
  const flush = (): void => {
    if (!open || waiting === undefined || call.writableNeedDrain) return;
    const request = waiting;
    waiting = undefined;
    call.write(request);
  };
  call.on('drain', flush);
  return {
    now: (request) => void (open && call.write(request)),
    latest(request) {
      waiting = request;
      flush();
    },
    close: () => void (open = false),
  };
}
