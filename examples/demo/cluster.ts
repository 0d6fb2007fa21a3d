/** One standalone cluster of the demo: its folder, its programs, its workloads. Everything goes through the CLI. */
import { cp, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { freePorts, ROOT, runIsthmus, startIsthmus, type Process } from './processes.ts';

export const MESH = 'acme';
export const NAMESPACE = 'shop';
const LEDGER_PORT = 7000;

export interface Site {
  readonly name: string;
  readonly region: string;
  readonly zone: string;
  /** Services that run here. */
  readonly services: readonly string[];
}

export interface DemoCluster {
  readonly site: Site;
  readonly dir: string;
  /** Local port of each service's application. */
  readonly appPorts: ReadonlyMap<string, number>;
  /** Makes the folder as founder of the mesh. */
  init(): Promise<void>;
  /** Makes the folder by joining with a token of the founder. */
  join(token: string): Promise<void>;
  /** Starts the controller and the gateway. */
  up(): void;
  startWorkload(service: string): void;
  startWorkloads(): void;
  workload(service: string): Process;
  /** Every process of the cluster. */
  processes(): readonly Process[];
  signalAll(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
}

export async function openCluster(site: Site, root: string): Promise<DemoCluster> {
  const dir = path.join(root, site.name);
  const logs = path.join(root, 'logs');
  await mkdir(logs, { recursive: true });
  const [gatewayPort = 0, ...ports] = await freePorts(1 + site.services.length);
  const appPorts = new Map(site.services.map((service, i) => [service, ports[i] ?? 0]));
  const place = [
    '--region',
    site.region,
    '--zone',
    site.zone,
    '--gateway',
    `127.0.0.1:${gatewayPort}`,
    '--allow-loopback',
  ];
  const workloads = new Map<string, Process>();
  let programs: Process | undefined;

  const cluster: DemoCluster = {
    site,
    dir,
    appPorts,
    async init() {
      await runIsthmus(['--dir', dir, 'init', '--mesh', MESH, '--cluster', site.name, ...place]);
      await copyManifests(site, dir);
    },
    async join(token) {
      await runIsthmus(['--dir', dir, 'join', token, ...place]);
      await copyManifests(site, dir);
    },
    up() {
      programs = startIsthmus(['--dir', dir, 'up'], path.join(logs, `${site.name}.log`));
    },
    startWorkload(service) {
      const port = appPorts.get(service) ?? 0;
      const log = path.join(logs, `${site.name}-${service}.log`);
      workloads.set(
        service,
        startIsthmus(workloadArgs(dir, service, port), log, { ISTHMUS_CLUSTER: site.name }),
      );
    },
    startWorkloads() {
      for (const service of site.services) cluster.startWorkload(service);
    },
    workload(service) {
      const found = workloads.get(service);
      if (found === undefined) throw new Error(`${site.name} runs no ${service}`);
      return found;
    },
    processes: () => [...(programs === undefined ? [] : [programs]), ...workloads.values()],
    signalAll(signal) {
      for (const process of cluster.processes()) process.signal(signal);
    },
    async stop() {
      await Promise.all([...workloads.values()].map((workload) => workload.stop()));
      await programs?.stop();
    },
  };
  return cluster;
}

function workloadArgs(dir: string, service: string, port: number): string[] {
  const upstream = service === 'cart' ? ['--upstream', `ledger.${NAMESPACE}:${LEDGER_PORT}`] : [];
  const application = path.join(ROOT, 'examples', 'shop', `${service}.ts`);
  const sidecar = [
    'run',
    '--service',
    service,
    '-n',
    NAMESPACE,
    '--service-account',
    service,
    '--port',
    String(port),
  ];
  return ['--dir', dir, ...sidecar, ...upstream, '--', process.execPath, application];
}

async function copyManifests(site: Site, dir: string): Promise<void> {
  const to = path.join(dir, 'manifests', NAMESPACE);
  await mkdir(to, { recursive: true });
  const from = path.join(ROOT, 'examples', 'shop', 'manifests');
  for (const service of site.services)
    await cp(path.join(from, `${service}.yaml`), path.join(to, `${service}.yaml`));
}
