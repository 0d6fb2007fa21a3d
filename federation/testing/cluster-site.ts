/** Whole controllers in their folders, in this process, on ports of their own; ended and removed with the test. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { adminClient, type AdminClient } from '../../mesh/adapters/admin/admin-client.ts';
import { systemClock } from '../../mesh/adapters/clock/system-clock.ts';
import { connectDiscovery } from '../../mesh/adapters/discovery/connect-discovery.ts';
import { openProxyIdentity, type ProxyRole } from '../../mesh/adapters/discovery/open-proxy-identity.ts';
import { openStateFolder } from '../../mesh/adapters/files/state-folder.ts';
import { valueOf } from '../../mesh/adapters/grpc/testing/test-mesh.ts';
import { createMemoryLog, type MemoryLog } from '../../mesh/adapters/log/memory-log.ts';
import { createPrometheusMetrics } from '../../mesh/adapters/metrics/prometheus-metrics.ts';
import { systemRandom } from '../../mesh/adapters/random/system-random.ts';
import { writeClusterConfig } from '../../mesh/adapters/standalone/cluster-config.ts';
import { clusterFolder } from '../../mesh/adapters/standalone/cluster-folder.ts';
import { createMesh } from '../../mesh/adapters/trust/authority.ts';
import { openFolderKeyStore } from '../../mesh/adapters/trust/folder-key-store.ts';
import type { ClusterConfig, ListenAddress } from '../../mesh/model/cluster-config.ts';
import type { ClusterName, MeshName, Namespace, ServiceAccount, ServiceKey } from '../../mesh/model/names.ts';
import type { Discovery } from '../../mesh/ports/discovery.ts';
import { startController, type Controller } from '../controller.ts';
import { joinMesh } from '../join/join-mesh.ts';

export const cluster = (name: string): ClusterName => name as ClusterName;
export const key = (text: string): ServiceKey => text as ServiceKey;

export interface TestSite {
  controller: Controller;
  readonly admin: AdminClient;
  readonly log: MemoryLog;
  readonly dir: string;
  /** A manifest of one port. */
  service(name: string): string;
  write(file: string, text: string): void;
  /** A proxy with the identity at this path: `/ns/shop/sa/cart`, `/isthmus/gateway`. */
  connect(path: string): Promise<Discovery>;
  restart(): Promise<void>;
}

const MESH = 'acme' as MeshName;

export async function foundSite(name: string): Promise<TestSite> {
  const { dir, config } = await makeFolder(name);
  const made = createMesh(openFolderKeyStore(clusterFolder(dir).trust), {
    ...{ mesh: MESH, cluster: config.cluster, nowMs: Date.now() },
  });
  valueOf(made);
  return runSite(dir, config);
}

/** Joins with a token, through a relay that stands in for the founder's gateway: it routes by server name as that does. */
export async function joinSite(name: string, founder: TestSite): Promise<TestSite> {
  const { dir, config } = await makeFolder(name);
  const { token } = valueOf(await founder.admin.createToken(config.cluster));
  const { trust, state } = clusterFolder(dir);
  const joined = await joinMesh({
    ...{ token, allowLoopback: true, gateways: [], now: () => Date.now() },
    ...{ keys: openFolderKeyStore(trust), state: openStateFolder(state) },
  });
  valueOf(joined);
  return runSite(dir, config);
}

async function makeFolder(name: string): Promise<{ dir: string; config: ClusterConfig }> {
  const dir = mkdtempSync(path.join(tmpdir(), `isthmus-${name}-`));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  mkdirSync(path.join(dir, 'manifests'));
  const ports = { federationPort: 0, joinPort: 0, discoveryPort: 0, enrolmentPort: 0, adminPort: 0 };
  const config: ClusterConfig = {
    ...{ mesh: MESH, cluster: name as ClusterName, region: 'eu', zone: 'eu-1', network: name },
    ...{ gateway: { host: '127.0.0.1', port: 0 }, controller: { host: '127.0.0.1', ...ports } },
    allowLoopbackPeers: true,
  };
  await writeClusterConfig(dir, config);
  return { dir, config };
}

async function runSite(dir: string, config: ClusterConfig): Promise<TestSite> {
  const log = createMemoryLog();
  const start = async (): Promise<Controller> => {
    const metrics = createPrometheusMetrics();
    const tools = { clock: systemClock, random: systemRandom, log, metrics };
    return valueOf(await startController({ ...tools, dir, config, version: '0.1.0' }));
  };
  const site: TestSite = {
    ...{ controller: await start(), log, dir },
    admin: new Proxy({} as AdminClient, {
      get: (_target, method: keyof AdminClient) => adminClient(site.controller.info)[method],
    }),
    service: (name) =>
      `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}, namespace: shop}\nspec:\n  ports:\n  - port: 80\n`,
    write: (file, text) => writeFileSync(path.join(dir, 'manifests', file), text),
    connect: (identity) => connectProxy(dir, identity, log),
    async restart() {
      await site.controller.stop();
      site.controller = await start();
    },
  };
  onTestFinished(() => site.controller.stop());
  await openRelay(site);
  return site;
}

async function connectProxy(dir: string, identityPath: string, log: MemoryLog): Promise<Discovery> {
  const [, , namespace, , serviceAccount] = identityPath.split('/');
  const workload = { namespace: namespace as Namespace, serviceAccount: serviceAccount as ServiceAccount };
  const role: ProxyRole =
    identityPath === '/isthmus/gateway' ? { kind: 'gateway' } : { kind: 'workload', ...workload };
  const tools = { clock: systemClock, random: systemRandom, log };
  const opened = await openProxyIdentity({ ...tools, dir, role, signal: AbortSignal.timeout(5000) });
  const { identity, addresses, lastView, adoptBundle, stop } = valueOf(opened);
  const discovery = connectDiscovery({ ...tools, identity, addresses, lastView, onBundle: adoptBundle });
  onTestFinished(async () => {
    await discovery.stop();
    stop();
  });
  return discovery;
}

/** What a gateway is to controllers: one port, spliced to the federation or the join listener by server name. */
async function openRelay(site: TestSite): Promise<void> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket.on('error', () => socket.destroy()));
    socket.once('close', () => sockets.delete(socket));
    socket.once('data', (hello: Buffer) => {
      const { join, federation } = site.controller.info;
      const upstream = net.connect(hello.includes(Buffer.from('join.')) ? join : federation);
      upstream.on('error', () => socket.destroy()).once('close', () => socket.destroy());
      socket.once('close', () => upstream.destroy());
      upstream.write(hello);
      socket.pipe(upstream).pipe(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port } = server.address() as net.AddressInfo;
  await registerGateway(site, { host: '127.0.0.1', port });
}

async function registerGateway(site: TestSite, { host, port }: ListenAddress): Promise<void> {
  const gateway = await site.connect('/isthmus/gateway');
  gateway.register({
    kind: 'gateway',
    proxy: 'gateway-1',
    ready: true,
    address: { host, port, zone: 'eu-1' },
  });
  await gateway.start(AbortSignal.timeout(5000));
  const deadline = performance.now() + 5000;
  while ((valueOf(await site.admin.clusters())[0]?.gateways ?? 0) === 0) {
    if (performance.now() > deadline) throw new Error('the gateway did not register within 5 s');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
