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
  /** Starts what has ended. */
  revive(): void;
  stop(): Promise<void>;
}

export async function openCluster(site: Site, root: string): Promise<DemoCluster> {
  const logs = path.join(root, 'logs');
  await mkdir(logs, { recursive: true });
  const [gatewayPort = 0, ...ports] = await freePorts(1 + site.services.length);
  const appPorts = new Map(site.services.map((service, i) => [service, ports[i] ?? 0]));
  const where = { dir: path.join(root, site.name), logs, site, appPorts, gatewayPort };
  return { ...{ site, dir: where.dir, appPorts }, ...founding(where), ...running(where) };
}

interface Where {
  readonly dir: string;
  readonly logs: string;
  readonly site: Site;
  readonly appPorts: ReadonlyMap<string, number>;
  readonly gatewayPort: number;
}

function founding({ dir, site, gatewayPort }: Where): Pick<DemoCluster, 'init' | 'join'> {
  const gateway = ['--gateway', `127.0.0.1:${gatewayPort}`, '--allow-loopback'];
  const place = ['--region', site.region, '--zone', site.zone, ...gateway];
  return {
    async init() {
      await runIsthmus(['--dir', dir, 'init', '--mesh', MESH, '--cluster', site.name, ...place]);
      await copyManifests(site, dir);
    },
    async join(token) {
      await runIsthmus(['--dir', dir, 'join', token, ...place]);
      await copyManifests(site, dir);
    },
  };
}

type Running = Omit<DemoCluster, 'site' | 'dir' | 'appPorts' | 'init' | 'join'>;

function running({ dir, logs, site, appPorts }: Where): Running {
  const workloads = new Map<string, Process>();
  let programs: Process | undefined;
  const startWorkload = (service: string): void => {
    const args = workloadArgs(dir, service, appPorts.get(service) ?? 0);
    const log = path.join(logs, `${site.name}-${service}.log`);
    workloads.set(service, startIsthmus(args, log));
  };
  const processes = (): readonly Process[] => [
    ...(programs === undefined ? [] : [programs]),
    ...workloads.values(),
  ];
  const up = (): void => {
    programs = startIsthmus(['--dir', dir, 'up'], path.join(logs, `${site.name}.log`));
  };
  return {
    ...{ startWorkload, processes, up },
    revive() {
      if (programs?.ended() === true) up();
      for (const [service, workload] of workloads) if (workload.ended()) startWorkload(service);
    },
    startWorkloads() {
      for (const service of site.services) startWorkload(service);
    },
    workload(service) {
      const found = workloads.get(service);
      if (found === undefined) throw new Error(`${site.name} runs no ${service}`);
      return found;
    },
    signalAll(signal) {
      for (const process of processes()) process.signal(signal);
    },
    async stop() {
      await Promise.all([...workloads.values()].map((workload) => workload.stop()));
      await programs?.stop();
    },
  };
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
