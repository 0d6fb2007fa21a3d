/** Sidecars of several clusters in one process: real sockets, real TLS, discovery in memory, forwarders as gateways. */
import { systemClock } from '../../mesh/adapters/clock/system-clock.ts';
import { createMemoryLog, type MemoryLog } from '../../mesh/adapters/log/memory-log.ts';
import {
  createPrometheusMetrics,
  type PrometheusMetrics,
} from '../../mesh/adapters/metrics/prometheus-metrics.ts';
import { systemRandom } from '../../mesh/adapters/random/system-random.ts';
import { noopTracer } from '../../mesh/adapters/tracing/noop-tracer.ts';
import type { ServiceAccount, ServiceKey } from '../../mesh/model/names.ts';
import type { AppProtocol } from '../../mesh/model/service.ts';
import type { Tracer } from '../../mesh/ports/tracing.ts';
import type { CaptureListen, FixedUpstream } from '../addresses.ts';
import type { AccessLine } from '../observe/access-log.ts';
import type { SidecarSettings } from '../settings.ts';
import { startSidecar, type Sidecar } from '../sidecar.ts';
import { createFakeMesh, type FakeCluster, type FakeMesh, type FakeService } from './fake-discovery.ts';
import { forward, type Forwarder } from './forwarder.ts';
import { createTestTrust, type TestIdentity, type TestTrust } from './test-identity.ts';

export interface RunningSidecar {
  readonly sidecar: Sidecar;
  readonly identity: TestIdentity;
  readonly log: MemoryLog;
  readonly metrics: PrometheusMetrics;
  readonly access: readonly AccessLine[];
}

interface SidecarWish {
  readonly cluster: string;
  readonly service: string;
  readonly appPort?: number;
  readonly settings?: Partial<SidecarSettings>;
  readonly upstreams?: readonly FixedUpstream[];
  /** Where each captured connection was going. */
  readonly originalOf?: CaptureListen['originalOf'];
  readonly tracer?: Tracer;
  /** Default: as the service. */
  readonly serviceAccount?: string;
}

export interface RunningMesh {
  readonly mesh: FakeMesh;
  readonly trust: TestTrust;
  cluster(name: string): FakeCluster;
  /** Starts a sidecar, ready when it has an application. */
  start(wish: SidecarWish): Promise<RunningSidecar>;
  /** Makes the cluster reachable for the others: one gateway in front of sidecars of it, which take turns. */
  openGateway(cluster: string, ...to: readonly (RunningSidecar | Forwarder)[]): Promise<Forwarder>;
  /** Puts a forwarder between the others of its cluster and a sidecar. */
  interpose(cluster: string, before: RunningSidecar): Promise<Forwarder>;
  /** Ends at stop(). */
  keep(end: () => Promise<void> | void): void;
  stop(): Promise<void>;
}

export function key(name: string): ServiceKey {
  return `shop/${name}` as ServiceKey;
}

export function service(name: string, appProtocol: AppProtocol = 'http', port = 80): FakeService {
  return { key: key(name), ports: [{ name: '', port, targetPort: port, appProtocol }] };
}

/** Clusters are given as `name: region/zone`; the first one founds the mesh. */
export function createRunningMesh(
  places: Readonly<Record<string, string>>,
  services: readonly FakeService[],
): RunningMesh {
  const [founder = 'east'] = Object.keys(places);
  const trust = createTestTrust(founder);
  const mesh = createFakeMesh(services);
  const ends: (() => Promise<void> | void)[] = [];
  for (const [name, place] of Object.entries(places)) {
    const [region = '', zone = ''] = place.split('/');
    mesh.addCluster(name, { region, zone, bundle: trust.founder.bundle() });
  }
  const cluster = (name: string): FakeCluster => {
    const found = [...mesh.clusters.values()].find(({ self }) => self.cluster === name);
    if (found === undefined) throw new Error(`no cluster ${name}`);
    return found;
  };
  return {
    ...{ mesh, trust, cluster },
    keep: (end) => void ends.push(end),
    async start(wish) {
      const running = await startOne(trust, cluster(wish.cluster), wish);
      ends.push(() => running.sidecar.stop());
      if (wish.appPort !== undefined) running.sidecar.setReady(true);
      return running;
    },
    openGateway: (name, ...to) => openGateway({ mesh, cluster: cluster(name), ends }, to),
    interpose: (name, before) => interpose({ mesh, cluster: cluster(name), ends }, before),
    async stop() {
      for (const end of ends.splice(0).reverse()) await end();
    },
  };
}

interface Site {
  readonly mesh: FakeMesh;
  readonly cluster: FakeCluster;
  readonly ends: (() => Promise<void> | void)[];
}

async function openGateway(
  { mesh, cluster, ends }: Site,
  to: readonly (RunningSidecar | Forwarder)[],
): Promise<Forwarder> {
  const gateway = await forward(
    ...to.map((end) => ('sidecar' in end ? end.sidecar.inboundAddress.port : end.port)),
  );
  ends.push(() => gateway.stop());
  cluster.gateways = [...cluster.gateways, { host: '127.0.0.1', port: gateway.port, zone: 'z' }];
  mesh.publish();
  return gateway;
}

async function interpose({ mesh, cluster, ends }: Site, { sidecar }: RunningSidecar): Promise<Forwarder> {
  const forwarder = await forward(sidecar.inboundAddress.port);
  ends.push(() => forwarder.stop());
  const entry = cluster.endpoints.get(sidecar.proxy);
  if (entry === undefined) throw new Error(`${sidecar.proxy} is not registered`);
  cluster.endpoints.set(sidecar.proxy, { ...entry, endpoint: { ...entry.endpoint, port: forwarder.port } });
  mesh.publish();
  return forwarder;
}

async function startOne(trust: TestTrust, cluster: FakeCluster, wish: SidecarWish): Promise<RunningSidecar> {
  const account = wish.serviceAccount ?? wish.service;
  const identity = trust.identity(wish.cluster, account);
  const log = createMemoryLog();
  const metrics = createPrometheusMetrics();
  const access: AccessLine[] = [];
  const sidecar = await startSidecar({
    workload: {
      ...{ service: key(wish.service), serviceAccount: account as ServiceAccount },
      ...(wish.appPort === undefined ? {} : { appPort: wish.appPort }),
    },
    ...{ identity, discovery: cluster.discovery(), clock: systemClock, random: systemRandom, log, metrics },
    ...{ tracer: wish.tracer ?? noopTracer, accessLog: (line) => void access.push(line) },
    listen: {
      ...{ inbound: { host: '127.0.0.1', port: 0 }, httpProxy: { host: '127.0.0.1', port: 0 } },
      upstreams: wish.upstreams ?? [],
      ...(wish.originalOf === undefined
        ? {}
        : { capture: { hosts: ['127.0.0.1'], port: 0, own: new Set(), originalOf: wish.originalOf } }),
    },
    settings: wish.settings ?? {},
  });
  return { sidecar, identity, log, metrics, access };
}
