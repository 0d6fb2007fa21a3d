/** TLS to a member of the mesh by who has no certificate yet: the server proves who it is, this end nothing. */
import tls from 'node:tls';
import { err, type Result } from '../../kit/result.ts';
import type { TrustBundle } from '../../model/bundle.ts';
import { fault, type Fault } from '../../model/fault.ts';
import type { PeerExpectation } from '../../model/identity.ts';
import { shakeHands, type HandshakeOptions, type SecuredSocket } from './handshake.ts';
import { checkLink } from './link.ts';

export interface AnonymousTlsOptions extends HandshakeOptions {
  /** Whom to trust; a newcomer that has no bundle yet makes one of the root it has pinned. */
  readonly bundle: TrustBundle;
  readonly expect: PeerExpectation;
  readonly now: () => number;
}

export function connectAnonymously(options: AnonymousTlsOptions): Promise<Result<SecuredSocket, Fault>> {
  const { bundle, expect, now, alpn, serverName: subject } = options;
  const context = contextOf(bundle);
  if (context === undefined) {
    if ('socket' in options.to) options.to.socket.destroy();
    return Promise.resolve(err(fault('bundle_missing', subject, 'the trust bundle cannot be read')));
  }
  const check = { bundle, expect, now, alpn, role: 'server' } as const;
  return shakeHands(options, { subject, context, check: (socket) => checkLink(socket, check) });
}

function contextOf({ roots }: TrustBundle): tls.SecureContext | undefined {
  try {
    return tls.createSecureContext({ minVersion: 'TLSv1.3', ca: [...roots] });
  } catch {
    return undefined;
  }
}
