/**
 * A gRPC server of the mesh. TLS is ended by mesh/adapters/tls, before gRPC sees a byte (S30); handlers ask `peerOf`
 * who is calling. Bounds: connections, calls per connection, message size; no compression is offered.
 */
import { constants } from 'node:crypto';
import tls, { type TLSSocket } from 'node:tls';
import type { AddressInfo } from 'node:net';
import {
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { ListenAddress } from '../../model/cluster-config.ts';
import { fault, type Fault } from '../../model/fault.ts';
import type { Identity, PeerExpectation } from '../../model/identity.ts';
import type { MeshIdentity } from '../../ports/mesh-identity.ts';
import { createMeshTlsServer } from '../tls/mesh-tls.ts';
import { MAX_MESSAGE_BYTES } from './client.ts';

export interface GrpcService {
  readonly definition: ServiceDefinition;
  readonly handlers: UntypedServiceImplementation;
}

export interface GrpcServerOptions {
  readonly listen: ListenAddress;
  readonly identity: MeshIdentity;
  /** Whose calls are taken; `anyone`: callers without a certificate, who prove themselves by what they send. */
  readonly expect: PeerExpectation | 'anyone';
  readonly services: readonly GrpcService[];
  /** More are closed at once. */
  readonly maxConnections: number;
  readonly now: () => number;
  readonly onRefused: (refusal: Fault, remoteAddress: string) => void;
}

export interface GrpcPeer {
  /** Absent where anyone may call. */
  readonly identity: Identity | undefined;
  /** Fingerprint of its intermediate's key, as in `TrustBundle.evicted`. Empty where anyone may call. */
  readonly membership: string;
  /** IPv4 addresses in IPv4 form. */
  readonly address: string;
}

export interface GrpcServer {
  readonly address: ListenAddress;
  /** Who makes a call; undefined once its connection is gone. */
  peerOf(call: { getPeer(): string }): GrpcPeer | undefined;
  /** Ends every connection. Idempotent. */
  stop(): Promise<void>;
}

const HANDSHAKE_MS = 5000;

export async function startGrpcServer(options: GrpcServerOptions): Promise<GrpcServer> {
  const grpc = new Server({
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_concurrent_streams': 16,
    'grpc.keepalive_time_ms': 10_000,
    'grpc.keepalive_timeout_ms': 5_000,
    'grpc.enable_channelz': 0,
  });
  for (const { definition, handlers } of options.services) grpc.addService(definition, handlers);
  const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
  const peers = new Map<string, GrpcPeer>();
  const admit = (socket: TLSSocket, identity?: Identity, membership = ''): void => {
    if (peers.size >= options.maxConnections) return refuseOverCap(socket, options);
    const key = `${socket.remoteAddress}:${socket.remotePort}`;
    const address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    peers.set(key, { identity, membership, address });
    socket.once('close', () => peers.delete(key));
    injector.injectConnection(socket);
  };
  const { server, stop } =
    options.expect === 'anyone' ? openServer(options, admit) : memberServer(options, admit);
  await listen(server, options.listen);
  let stopped: Promise<void> | undefined;
  return {
    address: { host: options.listen.host, port: (server.address() as AddressInfo).port },
    peerOf: (call) => peers.get(call.getPeer()),
    stop: () => (stopped ??= stop().then(() => grpc.forceShutdown())),
  };
}

type Admit = (socket: TLSSocket, identity?: Identity, membership?: string) => void;

interface Stoppable {
  readonly server: tls.Server;
  stop(): Promise<void>;
}

function memberServer(options: GrpcServerOptions, admit: Admit): Stoppable {
  const { identity, expect, now, onRefused } = options;
  return createMeshTlsServer({
    ...{ identity, now, onRefused, alpn: ['h2'], handshakeTimeoutMs: HANDSHAKE_MS },
    ...{ expect: expect === 'anyone' ? { kind: 'member' } : expect, onConnection: admit },
  });
}

/** Shows its certificate and the root above it, so that a newcomer can compare the fingerprint; asks for none. */
function openServer({ identity, onRefused }: GrpcServerOptions, admit: Admit): Stoppable {
  const context = (): tls.SecureContextOptions => {
    const { certificateChain, privateKey } = identity.credentials();
    const cert = [certificateChain, ...identity.bundle().roots].join('\n');
    return { cert, key: privateKey, minVersion: 'TLSv1.3', secureOptions: constants.SSL_OP_NO_TICKET };
  };
  const server = tls.createServer({ ...context(), ALPNProtocols: ['h2'], handshakeTimeout: HANDSHAKE_MS });
  const open = new Set<TLSSocket>();
  server.on('secureConnection', (socket) => {
    socket.on('error', () => socket.destroy());
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    if (socket.alpnProtocol === 'h2') admit(socket);
    else socket.destroy();
  });
  server.on('tlsClientError', (error, socket) => {
    onRefused(
      { ...fault('connect_failed', 'client', error.message), cause: error },
      socket.remoteAddress ?? '',
    );
    socket.destroy();
  });
  const unsubscribe = identity.subscribe(() => server.setSecureContext(context()));
  return {
    server,
    async stop() {
      unsubscribe();
      for (const socket of open) socket.destroy();
      if (server.listening) await new Promise((closed) => server.close(closed));
    },
  };
}

function refuseOverCap(socket: TLSSocket, { maxConnections, onRefused }: GrpcServerOptions): void {
  onRefused(
    fault('connection_cap', 'server', `has ${maxConnections} connections`),
    socket.remoteAddress ?? '',
  );
  socket.destroy();
}

function listen(server: tls.Server, { host, port }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
