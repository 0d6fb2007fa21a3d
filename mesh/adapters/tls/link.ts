/** What both ends of a mesh link share: the secure context of an identity, and the check of the peer at the other end. */
import tls, { type SecureContext, type TLSSocket } from 'node:tls';
import { err, type Result } from '../../kit/result.ts';
import type { TrustBundle } from '../../model/bundle.ts';
import { fault, type Fault } from '../../model/fault.ts';
import { formatIdentity, type PeerExpectation } from '../../model/identity.ts';
import type { MeshIdentity } from '../../ports/mesh-identity.ts';
import { chainFault } from './tls-fault.ts';
import { verifyPeer, type VerifiedPeer } from './verify-peer.ts';

export const PROTOCOL = { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' } as const;

export interface LinkCheck {
  readonly bundle: TrustBundle;
  readonly expect: PeerExpectation;
  /** The role that the peer plays. */
  readonly role: 'client' | 'server';
  readonly alpn: readonly string[];
  readonly now: () => number;
}

/** The peer of a finished handshake. OpenSSL and our own rules must both accept it; ours say more of the reason. */
export function checkLink(socket: TLSSocket, check: LinkCheck): Result<VerifiedPeer, Fault> {
  const { bundle, expect, role, now } = check;
  const leaf = socket.getPeerX509Certificate();
  const peer = verifyPeer(leaf, { bundle, expect, role, nowMs: now() });
  if (!peer.ok) return peer;
  if (!socket.authorized) return err(chainFault(socket.authorizationError, role));
  const subject = formatIdentity(peer.value.identity);
  if (socket.isSessionReused())
    return err(
      fault('invalid_certificate', subject, 'resumed a TLS session instead of proving its identity'),
    );
  // ALPN is optional in TLS: a peer that says nothing is not asked what it would speak, but refused.
  const chosen = socket.alpnProtocol;
  const spoken = check.alpn.length === 0 || (typeof chosen === 'string' && check.alpn.includes(chosen));
  return spoken ? peer : err(fault('protocol_mismatch', subject, `speaks none of ${check.alpn.join(', ')}`));
}

/** The connections of one identity, ended when the cluster at the other end is evicted. */
export interface OpenLinks {
  add(socket: TLSSocket, peer: VerifiedPeer): void;
  endEvicted(bundle: TrustBundle): void;
  endAll(): void;
}

export function createOpenLinks(): OpenLinks {
  const issuers = new Map<TLSSocket, string>();
  return {
    add(socket, { issuer }) {
      issuers.set(socket, issuer);
      socket.once('close', () => issuers.delete(socket));
    },
    endEvicted(bundle) {
      const evicted = new Set(bundle.evicted.map((member) => member.fingerprint));
      for (const [socket, issuer] of issuers) if (evicted.has(issuer)) socket.destroy();
    },
    endAll() {
      for (const socket of issuers.keys()) socket.destroy();
    },
  };
}

export function contextOptions(identity: MeshIdentity): tls.SecureContextOptions {
  const { certificateChain, privateKey } = identity.credentials();
  return { ...PROTOCOL, cert: certificateChain, key: privateKey, ca: [...identity.bundle().roots] };
}

export interface ClientSide {
  readonly context: SecureContext;
  readonly open: OpenLinks;
}

interface HeldClientSide extends ClientSide {
  /** Of the certificate and bundle that the context was made of. */
  readonly madeOf: string;
}

const clientSides = new WeakMap<MeshIdentity, HeldClientSide>();

/** Making a context costs as much as a handshake: one for each certificate and bundle. Undefined: they cannot be read. */
export function clientSide(identity: MeshIdentity): ClientSide | undefined {
  const held = clientSides.get(identity);
  const madeOf = `${identity.credentials().serial} ${identity.bundle().version}`;
  if (held?.madeOf === madeOf) return held;
  const open = held?.open ?? watchedLinks(identity);
  try {
    const fresh = { madeOf, context: tls.createSecureContext(contextOptions(identity)), open };
    clientSides.set(identity, fresh);
    return fresh;
  } catch {
    return undefined;
  }
}

function watchedLinks(identity: MeshIdentity): OpenLinks {
  const open = createOpenLinks();
  identity.subscribe(() => open.endEvicted(identity.bundle()));
  return open;
}
