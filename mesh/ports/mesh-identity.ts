/** The live TLS identity of one program: its certificate, its key and the bundle it trusts. Both rotate under it. */
import type { TrustBundle } from '../model/bundle.ts';
import type { Identity } from '../model/identity.ts';

export interface Credentials {
  /** PEM: the leaf, then the intermediate. */
  readonly certificateChain: string;
  /** PEM, PKCS#8, ECDSA P-256. */
  readonly privateKey: string;
  /** Lower-case hex: part of a connection pool's key, so that a new certificate never meets an old connection. */
  readonly serial: string;
  /** Milliseconds since the epoch. */
  readonly notAfter: number;
}

export interface MeshIdentity {
  readonly id: Identity;
  /** The current pair. A caller reads it when it connects, never keeps it. */
  credentials(): Credentials;
  bundle(): TrustBundle;
  /** Called after the credentials or the bundle changed. */
  subscribe(changed: () => void): () => void;
}
