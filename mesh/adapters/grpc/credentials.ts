/**
 * gRPC on mesh TLS: connections are made and checked by mesh/adapters/tls, so that gRPC has no second way to prove an
 * identity. The one file that uses the inner hooks of grpc-js.
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { CallCredentials, ChannelCredentials } from '@grpc/grpc-js';
import type { Result } from '../../kit/result.ts';
import type { TrustBundle } from '../../model/bundle.ts';
import { formatFault, type Fault } from '../../model/fault.ts';
import type { PeerExpectation } from '../../model/identity.ts';
import type { MeshIdentity } from '../../ports/mesh-identity.ts';
import { connectAnonymously } from '../tls/anonymous-tls.ts';
import { connectMeshTls, type MeshTlsConnection } from '../tls/mesh-tls.ts';

export interface MeshCredentialsOptions {
  readonly identity: MeshIdentity;
  readonly expect: PeerExpectation;
  readonly serverName: string;
  readonly now: () => number;
  readonly timeoutMs: number;
  /** Why a connection was not made: gRPC itself only says that it was not. */
  readonly onRefused?: (refusal: Fault) => void;
  /** Each connection that was made and verified. */
  readonly onConnected?: (connection: MeshTlsConnection) => void;
}

/** Both ends prove who they are. */
export function meshCredentials({
  onConnected,
  onRefused,
  ...options
}: MeshCredentialsOptions): ChannelCredentials {
  return new TlsCredentials(async (socket, signal) => {
    const connected = await connectMeshTls({ ...options, signal, to: { socket }, alpn: ['h2'] });
    if (connected.ok) onConnected?.(connected.value);
    else onRefused?.(connected.error);
    return connected;
  });
}

export interface AnonymousCredentialsOptions {
  /** Whom to trust; a newcomer that has no bundle yet makes one of the root it has pinned. */
  readonly bundle: TrustBundle;
  readonly expect: PeerExpectation;
  readonly serverName: string;
  readonly now: () => number;
  readonly timeoutMs: number;
  readonly onRefused?: (refusal: Fault) => void;
}

/** The server proves who it is; this end has no certificate yet. */
export function anonymousCredentials({
  onRefused,
  ...options
}: AnonymousCredentialsOptions): ChannelCredentials {
  return new TlsCredentials(async (socket, signal) => {
    const connected = await connectAnonymously({ ...options, signal, to: { socket }, alpn: ['h2'] });
    if (!connected.ok) onRefused?.(connected.error);
    return connected;
  });
}

type SecureConnector = ReturnType<ChannelCredentials['_createSecureConnector']>;

/** Speaks TLS on a connected socket; a fault has destroyed it. */
type Secure = (socket: Socket, signal: AbortSignal) => Promise<Result<{ readonly socket: TLSSocket }, Fault>>;

class TlsCredentials extends ChannelCredentials {
  readonly #secure: Secure;

  constructor(secure: Secure) {
    super();
    this.#secure = secure;
  }

  override compose(): ChannelCredentials {
    throw new Error('mesh credentials carry no call credentials');
  }

  override _isSecure(): boolean {
    return true;
  }

  override _equals(other: ChannelCredentials): boolean {
    return this === other;
  }

  override _createSecureConnector(): SecureConnector {
    return createConnector(this.#secure);
  }
}

/** For what is still being sent when a channel is closed. */
const LEAVE_MS = 1000;

/**
 * gRPC forgets a connection whose channel is closed before the peer has answered, and ends no other unless the peer
 * does too: a frozen peer would keep a socket for each attempt. Both are ended here.
 */
function createConnector(secure: Secure): SecureConnector {
  const closed = new AbortController();
  const { signal } = closed;
  return {
    async connect(connected) {
      const secured = await secure(connected, signal);
      if (!secured.ok) throw new Error(formatFault(secured.error), { cause: secured.error });
      const { socket } = secured.value;
      const leave = (): void => void socket.setTimeout(LEAVE_MS, () => socket.destroy());
      signal.addEventListener('abort', leave, { once: true });
      socket.once('close', () => signal.removeEventListener('abort', leave));
      return { socket, secure: true };
    },
    waitForReady: () => Promise.resolve(),
    getCallCredentials: () => CallCredentials.createEmpty(),
    destroy: () => closed.abort(),
  };
}
