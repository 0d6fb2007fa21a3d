/**
 * What the operators of all clusters have said, and when: the model that the clusters are held against. It is told of
 * every act and knows nothing of the product.
 */
import { splitServiceKey, type ClusterName, type ServiceKey } from '../../mesh/model/names.ts';
import type { PolicyKind } from './act.ts';
import { CLUSTERS, gatewayHost, OPTIONAL_NAMESPACE, SERVICES, WORKLOAD } from './cast.ts';

const OPTIONAL_SERVICE = SERVICES.at(-1)!;

interface Counts {
  readonly ready: number;
  readonly total: number;
}

export interface ClusterTruth {
  readonly services: Map<ServiceKey, { readonly ports: number }>;
  readonly exports: Set<ServiceKey>;
  readonly endpoints: Map<ServiceKey, Counts>;
  readonly policies: Map<ServiceKey, { readonly policy: PolicyKind; readonly source: string }>;
  readonly everOffered: Set<ServiceKey>;
  readonly everGateways: Set<string>;
  /** When it last offered a service that it does not offer now. */
  readonly offeredUntil: Map<ServiceKey, number>;
  /** `<service> <source>`: since when the source may not call, without a break. */
  readonly deniedSince: Map<string, number>;
  /** Grows with each change, of which the last was at `changedAt`. */
  revision: number;
  changedAt: number;
  /** The optional namespace is stated by itself. */
  hasOptional: boolean;
  /** When the optional namespace was last there. */
  optionalUntil: number;
  workloadReady: boolean;
  gatewayPort: number;
}

export interface Truth {
  of(cluster: ClusterName): ClusterTruth;
  /** After a change of what a cluster's operator said. */
  noted(cluster: ClusterName, nowMs: number): void;
  offers(cluster: ClusterName): ReadonlyMap<ServiceKey, Counts & { readonly ports: number }>;
  mayCall(cluster: ClusterName, service: ServiceKey, source: ClusterName): boolean;
}

export function createTruth(clusters: number): Truth {
  const names = CLUSTERS.slice(0, clusters);
  const known = new Map(names.map((name) => [name, emptyTruth()]));
  const of = (cluster: ClusterName): ClusterTruth => known.get(cluster)!;
  const offers: Truth['offers'] = (cluster) => {
    const truth = of(cluster);
    const offered = [...truth.exports].filter((key) => truth.services.has(key));
    return new Map(offered.map((key) => [key, { ...truth.services.get(key)!, ...countsOf(truth, key) }]));
  };
  return {
    ...{ of, offers },
    mayCall: (cluster, service, source) => mayCall(of(cluster), service, source),
    noted(cluster, nowMs) {
      const truth = of(cluster);
      truth.revision++;
      truth.changedAt = nowMs;
      const now = offers(cluster);
      for (const key of truth.everOffered) {
        if (now.has(key)) truth.offeredUntil.delete(key);
        else if (!truth.offeredUntil.has(key)) truth.offeredUntil.set(key, nowMs);
      }
      if (hasNamespaceOf(truth, OPTIONAL_SERVICE)) truth.optionalUntil = Infinity;
      else if (truth.optionalUntil === Infinity) truth.optionalUntil = nowMs;
      for (const key of now.keys()) truth.everOffered.add(key);
      truth.everGateways.add(`${gatewayHost(cluster)}:${truth.gatewayPort}`);
      for (const service of SERVICES) {
        for (const source of names) {
          const name = `${service} ${source}`;
          if (mayCall(truth, service, source)) truth.deniedSince.delete(name);
          else if (!truth.deniedSince.has(name)) truth.deniedSince.set(name, nowMs);
        }
      }
    },
  };
}

function emptyTruth(): ClusterTruth {
  return {
    ...{ services: new Map(), exports: new Set(), endpoints: new Map(), policies: new Map() },
    ...{ everOffered: new Set(), everGateways: new Set(), offeredUntil: new Map(), deniedSince: new Map() },
    ...{
      revision: 0,
      changedAt: 0,
      hasOptional: false,
      optionalUntil: -Infinity,
      workloadReady: true,
      gatewayPort: 15443,
    },
  };
}

/** Endpoints of manifests, and the one that registers itself. */
function countsOf({ endpoints, workloadReady }: ClusterTruth, key: ServiceKey): Counts {
  const stated = endpoints.get(key) ?? { ready: 0, total: 0 };
  if (key !== WORKLOAD) return stated;
  return { ready: stated.ready + (workloadReady ? 1 : 0), total: stated.total + 1 };
}

/** The rules of access in few words: what cannot be read closes, deny before allow, some allowed means others not. */
function mayCall({ policies }: ClusterTruth, service: ServiceKey, source: string): boolean {
  const own = policies.get(service);
  if (own === undefined || own.policy === 'gone') return true;
  if (own.policy === 'broken' || own.policy === 'unreadable') return false;
  return own.policy === 'allow' ? own.source === source : own.source !== source;
}

/** Text that is no YAML may close more than the service it was about: as much as its namespace. */
export function mayBeClosedToo({ policies }: ClusterTruth, service: ServiceKey): boolean {
  const { namespace } = splitServiceKey(service);
  return [...policies].some(
    ([key, { policy }]) => policy === 'unreadable' && splitServiceKey(key).namespace === namespace,
  );
}

/** A namespace is there when it is stated, or anything in it. */
export function hasNamespaceOf(truth: ClusterTruth, service: ServiceKey): boolean {
  if (splitServiceKey(service).namespace !== OPTIONAL_NAMESPACE || truth.hasOptional) return true;
  const { services, exports, endpoints, policies } = truth;
  const { policy = 'gone' } = policies.get(service) ?? {};
  return (
    services.has(service) ||
    exports.has(service) ||
    endpoints.has(service) ||
    policy === 'allow' ||
    policy === 'deny'
  );
}
