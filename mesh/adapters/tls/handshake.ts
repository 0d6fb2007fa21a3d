/** The client's side of a TLS handshake: within a time, and with nothing left open when it fails or is given up. */
import type { Socket } from 'node:net';
import tls, { type SecureContext, type TLSSocket } from 'node:tls';
import { err, ok, type Result } from '../../kit/result.ts';
import { fault, type Fault } from '../../model/fault.ts';
import { PROTOCOL } from './link.ts';
import { tlsFault } from './tls-fault.ts';
import type { VerifiedPeer } from './verify-peer.ts';

export interface HandshakeOptions {
  /** `host` and `port` to dial, or a connected `socket` to speak TLS on. */
  readonly to: { readonly host: string; readonly port: number } | { readonly socket: Socket };
  readonly serverName: string;
  /** The protocols to offer; the server takes the one that it likes best. */
  readonly alpn: readonly string[];
  /** For connecting and the handshake together. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** A peer that ends its side may still be written to: for byte streams. */
  readonly allowHalfOpen?: boolean;
}

export interface HandshakeTerms {
  /** For faults: who is dialled. */
  readonly subject: string;
  readonly context: SecureContext;
  /** OpenSSL has accepted the peer; this says whether we do. */
  readonly check: (socket: TLSSocket) => Result<VerifiedPeer, Fault>;
}

export interface SecuredSocket {
  readonly socket: TLSSocket;
  readonly peer: VerifiedPeer;
}

/** Settles once. A fault has destroyed the socket, the one it was given too. */
export function shakeHands(
  options: HandshakeOptions,
  { subject, context, check }: HandshakeTerms,
): Promise<Result<SecuredSocket, Fault>> {
  const socket = tls.connect({
    ...{ ...PROTOCOL, ...options.to, servername: options.serverName, ALPNProtocols: [...options.alpn] },
    ...{ secureContext: context, rejectUnauthorized: true, allowHalfOpen: options.allowHalfOpen ?? false },
    // The SPIFFE rules replace host names: `check` applies them right after the handshake.
    checkServerIdentity: () => undefined,
  });
  socket.setNoDelay(true);
  return new Promise((resolve) => {
    const settle = (result: Result<SecuredSocket, Fault>): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', aborted);
      if (!result.ok) socket.destroy();
      resolve(result);
    };
    const aborted = (): void => settle(err(fault('client_closed', subject, 'the caller gave up')));
    const timer = setTimeout(() => {
      settle(err(fault('connect_timeout', subject, `no TLS connection within ${options.timeoutMs} ms`)));
    }, options.timeoutMs);
    options.signal?.addEventListener('abort', aborted, { once: true });
    if (options.signal?.aborted) aborted();
    socket.on('error', (error: Error) => settle(err(tlsFault(error, subject))));
    socket.once('close', () => {
      settle(err(fault('connect_failed', subject, 'closed the connection during the handshake')));
    });
    socket.once('secureConnect', () => {
      const peer = check(socket);
      settle(peer.ok ? ok({ socket, peer: peer.value }) : peer);
    });
  });
}
