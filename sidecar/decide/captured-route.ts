/** Where a captured connection goes: into the mesh, on to where it was going, or nowhere. */
import { parseHostKey } from '../../mesh/model/host-key.ts';
import type { MeshView } from '../../mesh/model/mesh-view.ts';
import type { ReasonCode } from '../../mesh/model/reason.ts';
import type { ServiceAddress } from './host-route.ts';

export interface CapturePlace {
  /** Where captured connections arrive. */
  readonly port: number;
  /** Addresses of this pod, loopback aside. */
  readonly own: ReadonlySet<string>;
}

interface Target {
  readonly host: string;
  readonly port: number;
}

export type CapturedRoute =
  | { readonly kind: 'mesh'; readonly to: ServiceAddress }
  | { readonly kind: 'pass'; readonly to: Target }
  | { readonly kind: 'refuse'; readonly reason: ReasonCode };

/** Service ports by `<address> <port>`, as the pods of this cluster call them. */
export type ClustersetAddresses = ReadonlyMap<string, ServiceAddress>;

export function clustersetAddresses({ services }: MeshView): ClustersetAddresses {
  const known = new Map<string, ServiceAddress>();
  for (const { key, ports, clustersetIps = [] } of services.values()) {
    if (clustersetIps.length === 0) continue;
    const isPod = parseHostKey(key) !== undefined;
    for (const host of clustersetIps)
      for (const { port } of ports)
        known.set(nameOf({ host, port }), { service: key, port, ...(isPod && { at: host }) });
  }
  return known;
}

/** `original`: where it was going; undefined: the kernel does not know. What is no service's goes on unchanged. */
export function routeCaptured(
  original: Target | undefined,
  known: ClustersetAddresses,
  place: CapturePlace,
): CapturedRoute {
  if (original === undefined || isHere(original, place)) return { kind: 'refuse', reason: 'capture_loop' };
  const to = known.get(nameOf(original));
  return to === undefined ? { kind: 'pass', to: original } : { kind: 'mesh', to };
}

/** Whoever is passed on there comes back here. */
function isHere({ host, port }: Target, place: CapturePlace): boolean {
  return port === place.port && (host.startsWith('127.') || host === '::1' || place.own.has(host));
}

function nameOf({ host, port }: Target): string {
  return `${host} ${port}`;
}
