/**
 * gRPC on mesh TLS: connections are made and checked by mesh/adapters/tls, so that gRPC has no second way to prove an
 * identity. The one file that uses the inner hooks of grpc-js.
 */
import { X509Certificate } from 'node:crypto';
import tls from 'node:tls';
import { CallCredentials, ChannelCredentials } from '@grpc/grpc-js';
import type { TrustBundle } from '../../model/bundle.ts';
import { formatFault, type Fault } from '../../model/fault.ts';
import type { PeerExpectation } from '../../model/identity.ts';
import type { MeshIdentity } from '../../ports/mesh-identity.ts';
import { connectMeshTls, type MeshTlsConnection } from '../tls/mesh-tls.ts';
import { verifyPeer } from '../tls/verify-peer.ts';

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

type SecureConnector = ReturnType<ChannelCredentials['_createSecureConnector']>;

/** Both ends prove who they are. */
export function meshCredentials(options: MeshCredentialsOptions): ChannelCredentials {
  return new MeshCredentials(options);
}

class MeshCredentials extends ChannelCredentials {
  readonly #options: MeshCredentialsOptions;

  constructor(options: MeshCredentialsOptions) {
    super();
    this.#options = options;
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
    const options = this.#options;
    return {
      async connect(socket) {
        const connected = await connectMeshTls({ ...options, to: { socket }, alpn: 'h2' });
        if (connected.ok) {
          options.onConnected?.(connected.value);
          return { socket: connected.value.socket, secure: true };
        }
        options.onRefused?.(connected.error);
        throw new Error(formatFault(connected.error), { cause: connected.error });
      },
      waitForReady: () => Promise.resolve(),
      getCallCredentials: () => CallCredentials.createEmpty(),
      destroy: () => undefined,
    };
  }
}

export interface AnonymousCredentialsOptions {
  /** Whom to trust; a newcomer that has no bundle yet makes one of the root it has pinned. */
  readonly bundle: TrustBundle;
  readonly expect: PeerExpectation;
  readonly now: () => number;
  readonly onRefused?: (refusal: Fault) => void;
}

/** The server proves who it is; this end has no certificate yet. */
export function anonymousCredentials(options: AnonymousCredentialsOptions): ChannelCredentials {
  const { bundle, expect, now, onRefused } = options;
  const context = tls.createSecureContext({ minVersion: 'TLSv1.3', ca: [...bundle.roots] });
  return ChannelCredentials.createFromSecureContext(context, {
    checkServerIdentity: (_host, certificate) => {
      const peer = verifyPeer(new X509Certificate(certificate.raw), {
        bundle,
        expect,
        role: 'server',
        nowMs: now(),
      });
      if (peer.ok) return undefined;
      onRefused?.(peer.error);
      return new Error(formatFault(peer.error), { cause: peer.error });
    },
  });
}
