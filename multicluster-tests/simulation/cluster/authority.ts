/** Trust without cryptography: what a cluster's authority answers, kept over restarts. Signatures are one word. */
import type { CoreTrust } from '../../../federation/controller-core.ts';
import { err, ok } from '../../../mesh/kit/result.ts';
import type { SignedBundle, TrustBundle } from '../../../mesh/model/bundle.ts';
import { fault } from '../../../mesh/model/fault.ts';
import type { ClusterName } from '../../../mesh/model/names.ts';
import { FOUNDER, MESH, routeKeyOf } from '../cast.ts';

/** Which memberships the founder has issued; the last of a cluster is the one in use. */
export interface Members {
  all(cluster: ClusterName): readonly string[];
  current(cluster: ClusterName): string;
  renew(cluster: ClusterName): void;
}

export function createMembers(): Members {
  const issued = new Map<ClusterName, string[]>();
  const all = (cluster: ClusterName): string[] => {
    const known = issued.get(cluster) ?? [`key-1-of-${cluster}`];
    issued.set(cluster, known);
    return known;
  };
  return {
    all,
    current: (cluster) => all(cluster).at(-1)!,
    renew(cluster) {
      const known = all(cluster);
      known.push(`key-${known.length + 1}-of-${cluster}`);
    },
  };
}

export interface SimAuthority extends CoreTrust {
  readonly cluster: ClusterName;
  /** Whoever subscribed has died. */
  deaf(): void;
}

const SIGNATURE = 'genuine';
const FIRST: TrustBundle = { mesh: MESH, version: 1, roots: ['root'], evicted: [] };

export function createSimAuthority(cluster: ClusterName, members: Members, from?: TrustBundle): SimAuthority {
  const listeners = new Set<() => void>();
  let bundle = from ?? FIRST;
  const take = (next: TrustBundle): void => {
    bundle = next;
    signed = sign(bundle);
    for (const listener of [...listeners]) listener();
  };
  let signed = sign(bundle);
  const signedBundle = (): SignedBundle => signed;
  return {
    ...{ cluster, isFounder: cluster === FOUNDER, routeKey: routeKeyOf(cluster), signedBundle },
    bundle: () => bundle,
    adoptBundle(offered) {
      const opened = openSimBundle(offered);
      if (!opened.ok) return opened;
      if (opened.value.version <= bundle.version) return ok(false);
      take(opened.value);
      return ok(true);
    },
    evict(gone) {
      const known = new Set(bundle.evicted.map(({ fingerprint }) => fingerprint));
      const fresh = members.all(gone).filter((fingerprint) => !known.has(fingerprint));
      if (fresh.length === 0) return err(fault('not_found', gone, 'is no member'));
      const evicted = [...bundle.evicted, ...fresh.map((fingerprint) => ({ cluster: gone, fingerprint }))];
      take({ ...bundle, version: bundle.version + 1, evicted });
      return ok(signedBundle());
    },
    subscribe(changed) {
      listeners.add(changed);
      return () => void listeners.delete(changed);
    },
    deaf: () => listeners.clear(),
  };
}

function sign(bundle: TrustBundle): SignedBundle {
  return { payload: JSON.stringify(bundle), signature: SIGNATURE };
}

export function openSimBundle({ payload, signature }: SignedBundle) {
  if (signature === SIGNATURE) return ok(JSON.parse(payload) as TrustBundle);
  return err(fault('bundle_invalid', 'trust bundle', 'is not signed by the root'));
}
