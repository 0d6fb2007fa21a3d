/**
 * Mesh links: TLS 1.3, a certificate on both sides, no session resumption, so that identity is checked on every
 * connection. Secure contexts are made once for each certificate and bundle, not for each connection.
 */
import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import tls, { type SecureContext, type TLSSocket } from 'node:tls';
import { err, ok, type Result } from '../../kit/result.ts';
import { fault, type Fault } from '../../model/fault.ts';
import type { Identity, PeerExpectation } from '../../model/identity.ts';
import type { ReasonCode } from '../../model/reason.ts';
import type { MeshIdentity } from '../../ports/mesh-identity.ts';
import { peerChain, verifyPeer } from './verify-peer.ts';

export interface MeshTlsServerOptions {
  readonly identity: MeshIdentity;
  readonly expect: PeerExpectation;
  readonly alpn: readonly string[];
  readonly handshakeTimeoutMs: number;
  /** A peer that ends its side may still be written to: for byte streams. */
  readonly allowHalfOpen?: boolean;
  readonly now: () => number;
  onConnection(socket: TLSSocket, peer: Identity): void;
  onRefused(refusal: Fault, remoteAddress: string): void;
}

export interface MeshTlsServer {
  readonly server: tls.Server;
  /** Ends open connections whose peer no longer passes the check: evicted, or expired. Called after each rotation too. */
  recheck(): void;
  /** Stops listening and ends what is open. */
  stop(): Promise<void>;
}

const PROTOCOL = { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' } as const;

export function createMeshTlsServer(options: MeshTlsServerOptions): MeshTlsServer {
  const { identity } = options;
  const open = new Set<TLSSocket>();
  const context = (): tls.SecureContextOptions => ({
    ...contextOptions(identity),
    secureOptions: constants.SSL_OP_NO_TICKET,
  });
  const server = tls.createServer({
    ...{
      ...PROTOCOL,
      ...context(),
      ALPNProtocols: [...options.alpn],
      handshakeTimeout: options.handshakeTimeoutMs,
    },
    ...{ requestCert: true, rejectUnauthorized: true, noDelay: true },
    allowHalfOpen: options.allowHalfOpen ?? false,
  });
  server.on('secureConnection', (socket) => admitConnection(socket, open, options));
  server.on('tlsClientError', (error, socket) =>
    options.onRefused(tlsFault(error, 'client'), socket.remoteAddress ?? ''),
  );
  const recheck = (): void => {
    for (const socket of open) if (!verifySocket(socket, { ...options, role: 'client' }).ok) socket.destroy();
  };
  const unsubscribe = identity.subscribe(() => {
    server.setSecureContext(context());
    recheck();
  });
  return {
    ...{ server, recheck },
    async stop() {
      unsubscribe();
      for (const socket of open) socket.destroy();
      if (server.listening) await new Promise((closed) => server.close(closed));
    },
  };
}

function admitConnection(socket: TLSSocket, open: Set<TLSSocket>, options: MeshTlsServerOptions): void {
  socket.on('error', () => socket.destroy());
  const peer = verifySocket(socket, { ...options, role: 'client' });
  if (!peer.ok) {
    options.onRefused(peer.error, socket.remoteAddress ?? '');
    return void socket.destroy();
  }
  open.add(socket);
  socket.once('close', () => open.delete(socket));
  options.onConnection(socket, peer.value);
}

export interface MeshTlsClientOptions {
  readonly identity: MeshIdentity;
  readonly expect: PeerExpectation;
  /** `host` and `port` to dial, or a connected `socket` to speak TLS on. */
  readonly to: { readonly host: string; readonly port: number } | { readonly socket: Socket };
  readonly serverName: string;
  readonly alpn: string;
  /** For connecting and the handshake together. */
  readonly timeoutMs: number;
  readonly now: () => number;
  readonly signal?: AbortSignal;
  /** A peer that ends its side may still be written to: for byte streams. */
  readonly allowHalfOpen?: boolean;
}

export interface MeshTlsConnection {
  readonly socket: TLSSocket;
  readonly peer: Identity;
}

/** A socket that is connected, encrypted and verified, or the reason why not; then nothing is left open. */
export function connectMeshTls(options: MeshTlsClientOptions): Promise<Result<MeshTlsConnection, Fault>> {
  const subject = 'socket' in options.to ? options.serverName : `${options.to.host}:${options.to.port}`;
  return new Promise((resolve) => {
    const socket = tls.connect({
      ...{ ...PROTOCOL, ...options.to, servername: options.serverName, ALPNProtocols: [options.alpn] },
      ...{ secureContext: clientContext(options.identity), rejectUnauthorized: true },
      ...{ allowHalfOpen: options.allowHalfOpen ?? false },
      // The SPIFFE rules replace host names: verifySocket checks them right after the handshake.
      checkServerIdentity: () => undefined,
    });
    const settle = (result: Result<MeshTlsConnection, Fault>): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', aborted);
      if (!result.ok) socket.destroy();
      resolve(result);
    };
    const aborted = (): void => settle(err(fault('client_closed', subject, 'the caller gave up')));
    const timer = setTimeout(
      () =>
        settle(err(fault('connect_timeout', subject, `no TLS connection within ${options.timeoutMs} ms`))),
      options.timeoutMs,
    );
    options.signal?.addEventListener('abort', aborted, { once: true });
    if (options.signal?.aborted) aborted();
    socket.setNoDelay(true);
    socket.on('error', (error: Error) => settle(err(tlsFault(error, subject))));
    socket.once('close', () =>
      settle(err(fault('connect_failed', subject, 'closed the connection during the handshake'))),
    );
    socket.once('secureConnect', () => {
      const peer = verifySocket(socket, { ...options, role: 'server' });
      settle(peer.ok ? ok({ socket, peer: peer.value }) : peer);
    });
  });
}

interface SocketCheck {
  readonly identity: MeshIdentity;
  readonly expect: PeerExpectation;
  readonly role: 'client' | 'server';
  readonly now: () => number;
}

function verifySocket(
  socket: TLSSocket,
  { identity, expect, role, now }: SocketCheck,
): Result<Identity, Fault> {
  const [leaf, issuer] = peerChain(socket.getPeerX509Certificate());
  return verifyPeer(leaf, issuer, { bundle: identity.bundle(), expect, role, nowMs: now() });
}

function contextOptions(identity: MeshIdentity): tls.SecureContextOptions {
  const { certificateChain, privateKey } = identity.credentials();
  return { cert: certificateChain, key: privateKey, ca: [...identity.bundle().roots] };
}

const contexts = new WeakMap<MeshIdentity, { serial: string; bundle: number; context: SecureContext }>();

function clientContext(identity: MeshIdentity): SecureContext {
  const { serial } = identity.credentials();
  const bundle = identity.bundle().version;
  const held = contexts.get(identity);
  if (held?.serial === serial && held.bundle === bundle) return held.context;
  const context = tls.createSecureContext({ ...PROTOCOL, ...contextOptions(identity) });
  contexts.set(identity, { serial, bundle, context });
  return context;
}

const CODES: Readonly<Record<string, ReasonCode>> = {
  CERT_HAS_EXPIRED: 'certificate_expired',
  CERT_NOT_YET_VALID: 'certificate_not_yet_valid',
  ETIMEDOUT: 'connect_timeout',
};

/** What went wrong below our own checks, as a fault. */
export function tlsFault(error: Error, subject: string): Fault {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const certificate = /CERT|ISSUER|SELF_SIGNED|UNSPECIFIED|SSL|TLS/.test(code);
  return {
    code: CODES[code] ?? (certificate ? 'invalid_certificate' : 'connect_failed'),
    subject,
    message: `${error.message} (${code})`,
    cause: error,
  };
}
