/**
 * The SPIFFE Workload API on a Unix socket, for an application that speaks SPIFFE itself: its X.509-SVID and the roots
 * of the mesh's trust domains, and again with each rotation. Who may open the socket is the workload.
 */
import {
  Server,
  ServerCredentials,
  status,
  type Metadata,
  type ServerWritableStream,
  type StatusObject,
} from '@grpc/grpc-js';
import { createWorkloadApiCounters, type WorkloadApiCounters } from './workload-api-metrics.ts';
import type { ClusterName } from '../../model/names.ts';
import type { MeshIdentity } from '../../ports/mesh-identity.ts';
import type { Metrics } from '../../ports/metrics.ts';
import { SpiffeWorkloadAPIService, type SpiffeWorkloadAPIServer } from '../grpc/generated/spiffe/workload.ts';
import { bundlesMessage, svidMessage } from './svid-messages.ts';
import { listenOnSocket } from './unix-socket.ts';

export interface WorkloadApiOptions {
  readonly socket: string;
  /** Permissions of the socket's file. */
  readonly mode: number;
  readonly identity: MeshIdentity;
  /** The other members of the mesh as they are now. */
  readonly others: () => readonly ClusterName[];
  /** Called after the others changed. */
  readonly onOthers: (changed: () => void) => () => void;
  readonly now: () => number;
  readonly metrics: Metrics;
}

export interface WorkloadApi {
  /** Ends every stream and removes the socket. Idempotent. */
  stop(): Promise<void>;
}

const MAX_STREAMS = 32;
/** Requests are empty. */
const MAX_REQUEST_BYTES = 4096;
const HEADER = 'workload.spiffe.io';

export async function startWorkloadApi(options: WorkloadApiOptions): Promise<WorkloadApi> {
  const grpc = new Server({
    'grpc.max_receive_message_length': MAX_REQUEST_BYTES,
    'grpc.max_concurrent_streams': MAX_STREAMS,
    'grpc.enable_channelz': 0,
  });
  const counters = createWorkloadApiCounters(options.metrics);
  const streams = openStreams(options, counters);
  const handlers: SpiffeWorkloadAPIServer = {
    fetchX509Svid: (call) => streams.serve(call, svidMessage),
    fetchX509Bundles: (call) => streams.serve(call, bundlesMessage),
  };
  grpc.addService(SpiffeWorkloadAPIService, handlers);
  const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
  const listener = await listenOnSocket({
    ...{ path: options.socket, mode: options.mode, onDrop: () => counters.refused.add() },
    onConnection: (socket) => injector.injectConnection(socket),
  });
  const ends = [options.identity.subscribe(streams.tell), options.onOthers(streams.tell)];
  const stop = async (): Promise<void> => {
    for (const end of ends) end();
    await listener.stop();
    grpc.forceShutdown();
  };
  let stopped: Promise<void> | undefined;
  return { stop: () => (stopped ??= stop()) };
}

type Message<T> = (identity: MeshIdentity, others: readonly ClusterName[]) => T;

interface Streams {
  serve<T>(call: ServerWritableStream<unknown, T>, message: Message<T>): void;
  tell(): void;
}

function openStreams(options: WorkloadApiOptions, counters: WorkloadApiCounters): Streams {
  const open = new Set<() => void>();
  const { identity, others } = options;
  return {
    serve(call, message) {
      const refusal = refusalOf(call.metadata, open.size, options);
      if (refusal !== undefined) {
        counters.refused.add();
        call.emit('error', refusal);
        return;
      }
      let last = '';
      let sending = false;
      // One message is on its way at most: a slow reader gets what holds when it has read, not all that held meanwhile.
      const push = (): void => {
        if (sending) return;
        const next = message(identity, others());
        const text = JSON.stringify(next);
        if (text === last) return;
        last = text;
        sending = true;
        counters.pushed.add();
        call.write(next, () => {
          sending = false;
          if (open.has(push)) push();
        });
      };
      open.add(push);
      const forget = (): void => void open.delete(push);
      for (const event of ['cancelled', 'close', 'error']) call.on(event, forget);
      push();
    },
    tell() {
      for (const push of open) push();
    },
  };
}

function refusalOf(
  metadata: Metadata,
  streams: number,
  { identity, now }: WorkloadApiOptions,
): Pick<StatusObject, 'code' | 'details'> | undefined {
  const header = metadata.get(HEADER);
  if (header.length !== 1 || header[0] !== 'true')
    return { code: status.INVALID_ARGUMENT, details: `metadata ${HEADER} is not "true"` };
  if (identity.credentials().notAfter <= now())
    return { code: status.PERMISSION_DENIED, details: 'the workload has no identity that is valid now' };
  if (streams >= MAX_STREAMS)
    return { code: status.RESOURCE_EXHAUSTED, details: `${MAX_STREAMS} streams are open` };
  return undefined;
}
