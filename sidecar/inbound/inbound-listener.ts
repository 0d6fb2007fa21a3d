/** The one inbound mTLS listener: every member may knock; server name, protocol and policy decide what happens. */
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { createMeshTlsServer, type MeshTlsServer } from '../../mesh/adapters/tls/mesh-tls.ts';
import { LinkedList } from '../../mesh/kit/linked-list.ts';
import { splitServiceOf } from '../../mesh/model/host-key.ts';
import { formatIdentity, type Identity } from '../../mesh/model/identity.ts';
import type { MeshView } from '../../mesh/model/mesh-view.ts';
import type { ReasonCode } from '../../mesh/model/reason.ts';
import type { SidecarContext } from '../context.ts';
import type { HopMetrics, SidecarMetrics } from '../observe/request-metrics.ts';
import type { HostPort } from '../addresses.ts';
import type { Admission } from './access-gate.ts';
import { createHttpInbound, type HttpInbound } from './http-inbound.ts';
import type { InboundPort, InboundPorts } from './inbound-ports.ts';
import { createStreamLinks, type StreamLinks } from './stream-links.ts';
import { answerProbe, spliceToApp } from './tcp-inbound.ts';

export interface Inbound {
  readonly address: HostPort;
  update(view: MeshView): void;
  tick(nowMs: number): void;
  /** Requests and streams under way. */
  busy(): number;
  drain(): void;
  stop(): Promise<void>;
}

export interface InboundParts {
  readonly context: SidecarContext;
  readonly metrics: SidecarMetrics;
  readonly ports: InboundPorts;
  readonly listen: HostPort;
}

/** The best first. */
const ALPN = ['isthmus-streams/1', 'isthmus-http/1.1', 'isthmus-tcp', 'isthmus-probe'];

export async function openInbound(parts: InboundParts): Promise<Inbound> {
  const { context, metrics, ports, listen } = parts;
  const http = createHttpInbound(context);
  const state: InboundState = {
    ...{ context, metrics, ports, http, links: createStreamLinks(context, { http, metrics }) },
    ...{ streams: new LinkedList(), raws: new Map() },
  };
  const tls = createMeshTlsServer({
    ...{ identity: context.identity, expect: { kind: 'member' }, alpn: ALPN, allowHalfOpen: true },
    ...{ handshakeTimeoutMs: context.settings.handshakeTimeoutMs, now: () => context.clock.now() },
    onConnection: (socket, peer) => accept(state, socket, peer),
    onRefused: ({ code }) => metrics.refusals({ reason: code }).add(),
  });
  tls.server.maxConnections = context.settings.maxClients;
  tls.server.on('connection', (raw: Socket) => rememberRaw(state, raw));
  const address = await listenAt(tls, listen);
  return {
    address,
    update: (view) => ports.update(view),
    tick(nowMs) {
      state.http.tick(nowMs);
      state.links.tick(nowMs);
    },
    busy: () => state.http.busy() + state.streams.size,
    drain() {
      state.http.drain();
      state.links.drain();
    },
    async stop() {
      state.http.stop();
      for (const socket of state.streams.items()) socket.destroy();
      await tls.stop();
    },
  };
}

interface InboundState {
  readonly context: SidecarContext;
  readonly metrics: SidecarMetrics;
  readonly http: HttpInbound;
  readonly links: StreamLinks;
  readonly ports: InboundPorts;
  readonly streams: LinkedList<TLSSocket>;
  /** The TCP sockets below TLS, by the caller's address: only they can be reset. */
  readonly raws: Map<string, Socket>;
}

function listenAt({ server }: MeshTlsServer, { host, port }: HostPort): Promise<HostPort> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve({ host, port: (server.address() as AddressInfo).port });
    });
  });
}

function rememberRaw({ raws }: InboundState, raw: Socket): void {
  const caller = callerOf(raw);
  raws.set(caller, raw);
  raw.once('close', () => raws.delete(caller));
}

function callerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

function accept(state: InboundState, socket: TLSSocket, peer: Identity): void {
  const port = state.ports.find(typeof socket.servername === 'string' ? socket.servername : '');
  if (port === undefined) {
    state.metrics.refusals({ reason: 'route_unknown' }).add();
    return void socket.destroy();
  }
  if (socket.alpnProtocol === 'isthmus-probe') return void answerProbe(socket, port);
  const admission = port.gate.enter(peer, () => socket.destroy());
  const hop = hopFrom(state, port, peer);
  if (socket.alpnProtocol === 'isthmus-tcp') return acceptTcp(state, socket, { port, admission, hop });
  const leave = (): void => port.gate.leave(admission);
  if (socket.alpnProtocol === 'isthmus-streams/1') {
    socket.once('close', leave);
    return state.links.serve(socket, { port, admission, hop, closed: () => undefined });
  }
  state.http.serve(socket, { port, admission, hop, closed: leave });
}

interface Accepted {
  readonly port: InboundPort;
  readonly admission: Admission;
  readonly hop: HopMetrics;
}

function acceptTcp(state: InboundState, socket: TLSSocket, { port, admission, hop }: Accepted): void {
  const { context, streams } = state;
  const startedAt = context.clock.monotonic();
  const link = streams.add(socket);
  const ended = (reason: ReasonCode | ''): void => {
    streams.remove(link);
    port.gate.leave(admission);
    hop.connection(reason);
    context.accessLog?.({
      ...{ at: context.clock.now(), reporter: 'destination', protocol: 'tcp', status: 0, reason },
      ...{ source: formatIdentity(admission.peer), tookMs: context.clock.monotonic() - startedAt },
      destination: `${context.identity.id.cluster}/${port.service}:${port.port}`,
    });
  };
  if (!admission.verdict.allow) {
    socket.destroy();
    return ended(admission.verdict.reason);
  }
  const raw = state.raws.get(callerOf(socket));
  void spliceToApp(socket, { raw, port, hop, ended });
}

/** Bound once for each caller; the number of series is bounded by the metrics adapter. */
function hopFrom({ context, metrics }: InboundState, { service }: InboundPort, peer: Identity): HopMetrics {
  const { namespace, name } = splitServiceOf(service);
  const source =
    peer.kind === 'workload'
      ? {
          source_workload: peer.serviceAccount as string,
          source_workload_namespace: peer.namespace as string,
        }
      : { source_workload: peer.program, source_workload_namespace: 'isthmus-system' };
  return metrics.hop({
    ...{ reporter: 'destination', source_cluster: peer.cluster, ...source },
    ...{ destination_cluster: context.identity.id.cluster },
    ...{ destination_service: name, destination_service_namespace: namespace },
  });
}
