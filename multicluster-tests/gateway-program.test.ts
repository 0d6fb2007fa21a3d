/** The gateway as a process: without a controller, with one, and with one that moves. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect } from 'node:tls';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import { startController, type Controller } from '../federation/controller.ts';
import { helloFor } from '../gateway/decide/testing/hellos.ts';
import { dial, eventually, startBackend } from '../gateway/testing/running.ts';
import { adminClient } from '../mesh/adapters/admin/admin-client.ts';
import { systemClock } from '../mesh/adapters/clock/system-clock.ts';
import { connectDiscovery } from '../mesh/adapters/discovery/connect-discovery.ts';
import { openProxyIdentity } from '../mesh/adapters/discovery/open-proxy-identity.ts';
import { createMemoryLog } from '../mesh/adapters/log/memory-log.ts';
import { createPrometheusMetrics } from '../mesh/adapters/metrics/prometheus-metrics.ts';
import { systemRandom } from '../mesh/adapters/random/system-random.ts';
import { readClusterConfig, writeClusterConfig } from '../mesh/adapters/standalone/cluster-config.ts';
import { clusterFolder } from '../mesh/adapters/standalone/cluster-folder.ts';
import { createMesh, openAuthority } from '../mesh/adapters/trust/authority.ts';
import { openFolderKeyStore } from '../mesh/adapters/trust/folder-key-store.ts';
import { routeId } from '../mesh/decide/route-id.ts';
import type { ListenAddress } from '../mesh/model/cluster-config.ts';
import type { ClusterName, MeshName, Namespace, ServiceAccount, ServiceKey } from '../mesh/model/names.ts';

/** As `isthmus up` starts its programs: compiled once, with a small young generation. */
const CACHE = mkdtempSync(path.join(tmpdir(), 'isthmus-compiled-'));
afterAll(() => rmSync(CACHE, { recursive: true, force: true }));

interface Program {
  readonly child: ChildProcess;
  /** Standard error so far. */
  said(): string;
  /** The exit status, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

function runProgram(...args: readonly string[]): Program {
  const main = path.join(import.meta.dirname, '..', 'gateway', 'main.ts');
  const child = spawn(process.execPath, ['--max-semi-space-size=1', main, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, NODE_COMPILE_CACHE: CACHE },
  });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => (text += part));
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { child, said: () => text, ended };
}

const CART = 'shop/cart' as ServiceKey;
const MANIFESTS = `
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec: {ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: multicluster.x-k8s.io/v1beta1
kind: ServiceExport
metadata: {name: cart, namespace: shop}
`;

/** A folder in which `isthmus init` has made a mesh, and in which `shop/cart` is exported. */
async function makeCluster(): Promise<string> {
  const dir = mkdtempSync(path.join(tmpdir(), 'isthmus-gateway-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const folder = clusterFolder(dir);
  for (const sub of [folder.trust, folder.run, folder.state, folder.manifests])
    mkdirSync(sub, { mode: 0o700 });
  writeFileSync(path.join(folder.manifests, 'cart.yaml'), MANIFESTS);
  const names = { mesh: 'acme' as MeshName, cluster: 'east' as ClusterName };
  await writeClusterConfig(dir, {
    ...{ ...names, region: 'eu', zone: 'eu-1', network: 'east', allowLoopbackPeers: true },
    gateway: { host: '127.0.0.1', port: 0 },
    controller: {
      ...{ host: '127.0.0.1', federationPort: 0, joinPort: 0 },
      ...{ discoveryPort: 0, enrolmentPort: 0, adminPort: 0 },
    },
  });
  const made = createMesh(openFolderKeyStore(folder.trust), { ...names, nowMs: Date.now() });
  if (!made.ok) throw new Error(made.error.message);
  return dir;
}

it('ends with status 2 and the usage when it is called wrongly', async () => {
  const program = runProgram('--listen', 'nowhere');
  expect(await program.ended).toBe(2);
  expect(program.said()).toMatch(/--dir: is missing.*\nusage: node gateway\/main\.ts/);
});

it('ends with status 1 and names the file when the folder holds no cluster', async () => {
  const program = runProgram('--dir', path.join(tmpdir(), 'isthmus-no-such-folder'));
  expect(await program.ended).toBe(1);
  expect(program.said()).toContain('isthmus-no-such-folder/cluster.yaml');
});

it('waits for its controller, alive and not ready, and ends cleanly when asked', async () => {
  const program = runProgram('--dir', await makeCluster(), '--admin', '127.0.0.1:0');
  await eventually('it waits', () => program.said().includes('waiting for the controller'), 10_000);
  const port = /"admin":\{"host":"127\.0\.0\.1","port":(\d+)\}/.exec(program.said())?.[1];
  const ask = (what: string): Promise<Response> => fetch(`http://127.0.0.1:${port}${what}`);
  expect((await ask('/livez')).status).toBe(200);
  const ready = await ask('/readyz');
  expect(ready.status).toBe(503);
  expect(await ready.text()).toContain('waiting for the first view');
  expect(await (await ask('/metrics')).text()).toContain('process_resident_memory_bytes');
  program.child.kill('SIGTERM');
  expect(await program.ended).toBe(0);
});

it('enrols, serves, survives its controller moving, and drains when asked', async () => {
  const dir = await makeCluster();
  const program = runProgram('--dir', dir, '--name', 'g1');
  await eventually('it waits', () => program.said().includes('waiting for the controller'), 10_000);
  let controller = await runController(dir);
  const backend = await startBackend((socket) => void socket.pipe(socket));
  await registerSidecar(dir, backend.port);
  const gateways = async (): Promise<number | undefined> => {
    const status = await adminClient(controller.info).status();
    return status.ok ? status.value.clusters.find((one) => one.self)?.gateways : undefined;
  };
  await eventually('advertised', async () => (await gateways()) === 1, 10_000);
  const place = path.join(clusterFolder(dir).run, 'g1.json');
  const { listen, admin } = JSON.parse(readFileSync(place, 'utf8')) as Record<string, ListenAddress>;
  const hello = helloFor(cartName(dir));
  const isServed = async (): Promise<boolean> => {
    const client = await dial(listen!.port, hello);
    const answer = eventually('answer', () => client.received().equals(hello)).then(() => true);
    return Promise.race([answer, client.ended.then(() => false)]);
  };
  await eventually('cart is served', isServed, 10_000);
  const inUse = await dial(listen!.port, hello);
  expect(await meshHello(listen!.port, 'federation')).toBe(true);

  await controller.stop();
  expect(await isServed()).toBe(true);
  controller = await runController(dir);
  const ready = async (): Promise<string> =>
    (await fetch(`http://127.0.0.1:${admin!.port}/readyz?verbose`)).text();
  await eventually(
    'connected again',
    async () => (await ready()).includes('[+]controller connected'),
    15_000,
  );
  expect(await gateways()).toBe(1);
  expect(await isServed()).toBe(true);
  await eventually('the new join port is used', () => meshHello(listen!.port, 'join'));
  expect(rssOf(program.child) / 2 ** 20).toBeLessThan(90);

  program.child.kill('SIGTERM');
  await eventually('no longer advertised', async () => (await gateways()) === 0);
  expect(await isServed()).toBe(true);
  expect(await ready()).toContain('[-]listening draining');
  inUse.socket.write('still served');
  await eventually('answered', () => inUse.received().toString().endsWith('still served'));
  const insist = setInterval(() => program.child.kill('SIGTERM'), 200);
  expect(await program.ended).toBe(0);
  clearInterval(insist);
  expect(existsSync(place)).toBe(false);
}, 60_000);

async function runController(dir: string): Promise<Controller> {
  const config = await readClusterConfig(dir);
  if (!config.ok) throw new Error(config.error.message);
  const started = await startController({
    ...{ dir, config: config.value, version: '0.0.0', clock: systemClock, random: systemRandom },
    ...{ log: createMemoryLog(), metrics: createPrometheusMetrics() },
  });
  if (!started.ok) throw new Error(started.error.message);
  onTestFinished(() => started.value.stop());
  return started.value;
}

/** The sidecar of `shop/cart`, as far as the controller sees it. */
async function registerSidecar(dir: string, port: number): Promise<void> {
  const account = { namespace: 'shop' as Namespace, serviceAccount: 'cart' as ServiceAccount };
  const tools = { clock: systemClock, random: systemRandom, log: createMemoryLog() };
  const { signal } = new AbortController();
  const proxy = await openProxyIdentity({ ...tools, dir, signal, role: { kind: 'workload', ...account } });
  if (!proxy.ok) throw new Error(proxy.error.message);
  const { identity, addresses } = proxy.value;
  const discovery = connectDiscovery({ ...tools, identity, addresses });
  onTestFinished(() => discovery.stop());
  onTestFinished(() => proxy.value.stop());
  await discovery.start(signal);
  const where = { address: '127.0.0.1', port, region: 'eu', zone: 'eu-1', ready: true };
  const { serviceAccount } = account;
  discovery.register({ kind: 'sidecar', proxy: 'cart-1', service: CART, serviceAccount, ...where });
}

function cartName(dir: string): string {
  const authority = openAuthority(openFolderKeyStore(clusterFolder(dir).trust), Date.now);
  if (!authority.ok) throw new Error(authority.error.message);
  return `${routeId(authority.value.routeKey, CART, 80)}.east.acme`;
}

/** Whether a TLS server answers through the gateway under this name of the cluster's controller. */
async function meshHello(port: number, program: 'federation' | 'join'): Promise<boolean> {
  const options = {
    host: '127.0.0.1',
    port,
    servername: `${program}.east.acme`,
    minVersion: 'TLSv1.3',
  } as const;
  const socket = connect({ ...options, rejectUnauthorized: false, ALPNProtocols: ['h2'] });
  onTestFinished(() => void socket.destroy());
  return new Promise((resolve) => {
    socket.once('secureConnect', () => resolve(true)).on('error', () => resolve(false));
  });
}

function rssOf(child: ChildProcess): number {
  if (process.platform !== 'linux') return 0;
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1_024;
}
