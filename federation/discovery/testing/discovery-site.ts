/** A cluster's discovery server and clients of it, on real sockets of this machine, ended with the test. */
import { onTestFinished } from 'vitest';
import { systemClock } from '../../../mesh/adapters/clock/system-clock.ts';
import { connectDiscovery } from '../../../mesh/adapters/discovery/connect-discovery.ts';
import { createMemoryState } from '../../../mesh/adapters/files/state-folder.ts';
import { foundMesh, issueIdentity } from '../../../mesh/adapters/grpc/testing/test-mesh.ts';
import { createMemoryLog } from '../../../mesh/adapters/log/memory-log.ts';
import { createPrometheusMetrics } from '../../../mesh/adapters/metrics/prometheus-metrics.ts';
import { systemRandom } from '../../../mesh/adapters/random/system-random.ts';
import type { Authority } from '../../../mesh/adapters/trust/authority.ts';
import { DEFAULT_FAILOVER } from '../../../mesh/decide/failover/default-policy.ts';
import { ok } from '../../../mesh/kit/result.ts';
import type { Fault } from '../../../mesh/model/fault.ts';
import type { MeshView, PeerView, ServiceView } from '../../../mesh/model/mesh-view.ts';
import type { ClusterName, RouteId, ServiceAccount, ServiceKey } from '../../../mesh/model/names.ts';
import type { Discovery, Registration } from '../../../mesh/ports/discovery.ts';
import type { StateStore } from '../../../mesh/ports/state-store.ts';
import { startDiscoveryServer, type DiscoveryServer } from '../discovery-server.ts';
import { openPublication, type Publication } from '../published-view.ts';
import { openRegistry, type Registry } from '../registry.ts';

export const key = (name: string): ServiceKey => `shop/${name}` as ServiceKey;

export function serviceView(name: string, ports = [80]): ServiceView {
  return {
    ...{ key: key(name), local: [], remote: [], exported: true, failover: DEFAULT_FAILOVER, access: [] },
    ports: ports.map((port) => ({
      ...{ name: `p${port}`, port, targetPort: port, appProtocol: 'http' as const },
      routeId: 'a'.repeat(26) as RouteId,
    })),
  };
}

export function viewOf(...services: readonly ServiceView[]): {
  services: Map<ServiceKey, ServiceView>;
  peers: Map<ClusterName, PeerView>;
} {
  return { services: new Map(services.map((service) => [service.key, service])), peers: new Map() };
}

export function sidecar(name: string, over: Partial<Registration & { kind: 'sidecar' }> = {}): Registration {
  return {
    ...{ kind: 'sidecar', proxy: `${name}-1`, service: key(name), serviceAccount: name as ServiceAccount },
    ...{ address: '127.0.0.1', port: 15006, region: 'eu', zone: 'eu-1', ready: true, ...over },
  };
}

export interface Controller {
  readonly server: DiscoveryServer & Publication;
  readonly registry: Registry;
  readonly refusals: Fault[];
  stop(): Promise<void>;
}

export class Site {
  readonly authority: Authority = foundMesh('east');
  readonly state: StateStore = createMemoryState();
  readonly log = createMemoryLog();
  port = 0;

  async start(...services: readonly ServiceView[]): Promise<Controller> {
    const refusals: Fault[] = [];
    const { authority, log, state } = this;
    const registry = openRegistry({ state, clock: systemClock, changed: () => undefined });
    const publication = openPublication({
      self: { mesh: authority.mesh, cluster: authority.cluster, region: 'eu', zone: 'eu-1' },
      ...{ trust: authority, firstVersion: systemClock.now() },
    });
    const server = await startDiscoveryServer({
      ...{ listen: { host: '127.0.0.1', port: this.port }, authority, registry, log, clock: systemClock },
      publication,
      checkToken: () => Promise.reject(new Error('there are no tokens here')),
      identity: issueIdentity(authority, '/isthmus/controller'),
      metrics: createPrometheusMetrics(),
      onRefused: (refusal) => refusals.push(refusal),
      onReport: () => undefined,
    });
    this.port = server.address.port;
    publication.publish(viewOf(...services));
    const stop = async (): Promise<void> => {
      await server.stop();
      registry.stop();
    };
    onTestFinished(stop);
    return { server: { ...server, ...publication }, registry, refusals, stop };
  }

  /** A proxy whose certificate is of `path`: `/ns/shop/sa/cart`. */
  connect(path: string, authority = this.authority): Discovery {
    const address = { host: '127.0.0.1', port: this.port };
    const discovery = connectDiscovery({
      addresses: () => ok({ discovery: address }),
      identity: issueIdentity(authority, path),
      ...{ clock: systemClock, random: systemRandom, log: this.log },
    });
    onTestFinished(() => discovery.stop());
    return discovery;
  }
}

/** Resolves with the first view, or the one held, for which `isRight`; fails after 5 s. */
export function viewWhere(discovery: Discovery, isRight: (view: MeshView) => boolean): Promise<MeshView> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('no such view within 5 s')), 5000);
    const settle = (view: MeshView): void => {
      if (!isRight(view)) return;
      unsubscribe();
      clearTimeout(late);
      resolve(view);
    };
    const unsubscribe = discovery.subscribe(settle);
    settle(discovery.view());
  });
}
