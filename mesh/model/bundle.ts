/**
 * The trust bundle: what a member trusts, with a version. It is signed by the mesh root, so any member may relay it
 * and none can alter it; a member takes only a higher version than its own.
 */
import type { ClusterName, MeshName } from './names.ts';

export interface EvictedMember {
  readonly cluster: ClusterName;
  /**
   * Lower-case hex SHA-256 of the public key (SubjectPublicKeyInfo) of the withdrawn intermediate, whose certificate its
   * leaves carry: a server sees no more of a client's chain than its leaf.
   */
  readonly fingerprint: string;
}

export interface TrustBundle {
  readonly mesh: MeshName;
  /** Increases by one with each change; 1 is the mesh's first bundle. */
  readonly version: number;
  /** PEM of each trusted root. */
  readonly roots: readonly string[];
  readonly evicted: readonly EvictedMember[];
}

/** A bundle as it travels: the exact bytes that were signed, and who signed them. */
export interface SignedBundle {
  /** UTF-8 JSON of a TrustBundle. */
  readonly payload: string;
  /** Base64 of an ECDSA P-256 SHA-256 signature (DER form) of `payload` by the key of one of the roots. */
  readonly signature: string;
}
