/**
 * Mesh links: TLS 1.3, a certificate on both sides, no session resumption, so that identity is checked on every
 * connection. Secure contexts are made once for each certificate and bundle, not for each connection.
 */
import { quoted } from '../../kit/quoted.ts';
import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import tls, { type TLSSocket } from 'node:tls';
import { err, ok, type Result } from '../../kit/result.ts';
import { fault, type Fault } from '../../model/fault.ts';
import type { Identity, PeerExpectation } from '../../model/identity.ts';
import type { MeshIdentity } from '../../ports/mesh-identity.ts';
import { shakeHands, type HandshakeOptions } from './handshake.ts';
import { checkLink, clientSide, contextOptions, createOpenLinks, type OpenLinks } from './link.ts';
import { tlsFault } from './tls-fault.ts';

export interface MeshTlsServerOptions {
  readonly identity: MeshIdentity;
  readonly expect: PeerExpectation;
  readonly alpn: readonly string[];
  readonly handshakeTimeoutMs: number;
  /** Connections in their handshake at one time; more are closed at once. Default 1024. */
  readonly maxHandshakes?: number;
  /** A peer that ends its side may still be written to: for byte streams. */
  readonly allowHalfOpen?: boolean;
  readonly now: () => number;
  /** Server name and protocol are `socket.servername` and `socket.alpnProtocol`: the latter is one of `alpn`. */
  /** `issuer`: fingerprint of the key of the peer's intermediate, as in `TrustBundle.evicted`. */
  onConnection(socket: TLSSocket, peer: Identity, issuer: string): void;
  onRefused(refusal: Fault, remoteAddress: string): void;
}

export interface MeshTlsServer {
  readonly server: tls.Server;
  /** Ends open connections of evicted members. Called after each change of the identity or its bundle too. */
  recheck(): void;
  /** Stops listening and ends what is open. */
  stop(): Promise<void>;
}

const MAX_HANDSHAKES = 1024;

export function createMeshTlsServer(options: MeshTlsServerOptions): MeshTlsServer {
  const { identity } = options;
  const open = createOpenLinks();
  const server = tls.createServer({
    ...{ ...serverContext(identity), ALPNProtocols: [...options.alpn] },
    // Node would refuse an unauthorized peer without a reason or an address: admitConnection does it, with both.
    ...{ requestCert: true, rejectUnauthorized: false, handshakeTimeout: options.handshakeTimeoutMs },
    ...{ noDelay: true, allowHalfOpen: options.allowHalfOpen ?? false },
  });
  const handshakes = boundHandshakes(server, options);
  server.on('secureConnection', (socket) => admitConnection(socket, open, options));
  server.on('tlsClientError', (error, socket) => {
    options.onRefused(tlsFault(error, 'client'), socket.remoteAddress ?? '');
    socket.destroy();
  });
  const recheck = (): void => open.endEvicted(identity.bundle());
  const unsubscribe = identity.subscribe(() => {
    replaceContext(server, options);
    recheck();
  });
  return {
    ...{ server, recheck },
    async stop() {
      unsubscribe();
      open.endAll();
      for (const socket of handshakes()) socket.destroy();
      if (server.listening) await new Promise((closed) => server.close(closed));
    },
  };
}

function serverContext(identity: MeshIdentity): tls.SecureContextOptions {
  return { ...contextOptions(identity), secureOptions: constants.SSL_OP_NO_TICKET };
}

/** A certificate or bundle that OpenSSL cannot read changes nothing: the last good one stays. */
function replaceContext(server: tls.Server, { identity, onRefused }: MeshTlsServerOptions): void {
  try {
    server.setSecureContext(serverContext(identity));
  } catch (cause) {
    const message = 'the new certificate or bundle cannot be read; the last one stays in force';
    onRefused({ ...fault('bundle_invalid', 'own identity', message), cause }, '');
  }
}

/** Closes connections over the cap of handshakes; answers which are under way. */
function boundHandshakes(server: tls.Server, options: MeshTlsServerOptions): () => Iterable<Socket> {
  const { maxHandshakes = MAX_HANDSHAKES } = options;
  const underWay = new Map<string, Socket>();
  const peerOf = (socket: Socket): string => `${socket.remoteAddress} ${socket.remotePort}`;
  server.on('connection', (socket: Socket) => {
    const peer = peerOf(socket);
    if (underWay.size >= maxHandshakes) {
      const message = `closed: ${maxHandshakes} handshakes are under way`;
      options.onRefused(fault('hello_half_open_cap', 'client', message), socket.remoteAddress ?? '');
      return void socket.destroy();
    }
    underWay.set(peer, socket);
    socket.once('close', () => underWay.delete(peer));
  });
  server.on('secureConnection', (socket) => void underWay.delete(peerOf(socket)));
  return () => underWay.values();
}

function admitConnection(socket: TLSSocket, open: OpenLinks, options: MeshTlsServerOptions): void {
  socket.on('error', () => socket.destroy());
  const peer = checkLink(socket, { ...options, bundle: options.identity.bundle(), role: 'client' });
  if (!peer.ok) {
    options.onRefused(peer.error, socket.remoteAddress ?? '');
    return void socket.destroy();
  }
  open.add(socket, peer.value);
  options.onConnection(socket, peer.value.identity, peer.value.issuer);
}

export interface MeshTlsClientOptions extends HandshakeOptions {
  readonly identity: MeshIdentity;
  readonly expect: PeerExpectation;
  readonly now: () => number;
}

export interface MeshTlsConnection {
  readonly socket: TLSSocket;
  readonly peer: Identity;
  /** Fingerprint of the key of the peer's intermediate, as in `TrustBundle.evicted`. */
  readonly issuer: string;
}

/** What OpenSSL takes without throwing. */
const SERVER_NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

/**
 * A socket that is connected, encrypted and verified, or the reason why not; then nothing is left open. A server that
 * refuses our certificate says so after the handshake (TLS 1.3): the socket then ends before its first byte. A socket
 * is also ended when its peer's cluster is evicted.
 */
export async function connectMeshTls(
  options: MeshTlsClientOptions,
): Promise<Result<MeshTlsConnection, Fault>> {
  const { to, serverName, identity } = options;
  const subject = 'socket' in to ? serverName : `${to.host}:${to.port}`;
  const refuse = (refusal: Fault): Result<never, Fault> => {
    if ('socket' in to) to.socket.destroy();
    return err(refusal);
  };
  if (!SERVER_NAME.test(serverName))
    return refuse(fault('sni_invalid', subject, `${quoted(serverName)} cannot be a server name`));
  const side = clientSide(identity);
  if (side === undefined)
    return refuse(fault('bundle_missing', subject, 'the own certificate or the trust bundle cannot be read'));
  const secured = await shakeHands(options, {
    ...{ subject, context: side.context },
    check(socket) {
      const peer = checkLink(socket, { ...options, bundle: identity.bundle(), role: 'server' });
      // At once: an eviction may come before who awaits this hears of it.
      if (peer.ok) side.open.add(socket, peer.value);
      return peer;
    },
  });
  if (!secured.ok) return secured;
  const { socket, peer } = secured.value;
  return ok({ socket, peer: peer.identity, issuer: peer.issuer });
}
