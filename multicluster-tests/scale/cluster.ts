/** One standalone cluster of the scale test: its folder and its programs, as `isthmus up` runs them. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { runIsthmus, startIsthmus, type Process } from '../../examples/demo/processes.ts';
import { openAdminClient, type AdminClient } from '../../mesh/adapters/admin/admin-client.ts';
import { clusterFolder, readRunInfo } from '../../mesh/adapters/standalone/cluster-folder.ts';
import { NAMESPACE } from './manifests.ts';

export interface ScaleCluster {
  readonly name: string;
  readonly dir: string;
  init(): Promise<void>;
  join(token: string): Promise<void>;
  /** Starts controller and gateway. */
  up(): void;
  /** Ends controller and gateway; sidecars go on. */
  down(): Promise<void>;
  /** A sidecar of `service` before an application that listens on `port`. */
  startSidecar(service: string, options: readonly string[]): void;
  /** Throws while the controller is away. */
  admin(): AdminClient;
  controllerMemory(): Promise<Memory>;
  /** Controller, gateway and sidecars. */
  programs(): Promise<readonly Program[]>;
  stop(): Promise<void>;
}

export interface Program {
  readonly name: string;
  readonly pid: number;
}

/** Resident, in bytes. */
export interface Memory {
  readonly now: number;
  readonly peak: number;
}

export function openScaleCluster(name: string, root: string, gatewayPort: number): ScaleCluster {
  const dir = path.join(root, name);
  const gateway = ['--gateway', `127.0.0.1:${gatewayPort}`, '--allow-loopback'];
  const place = ['--region', name, '--zone', `${name}-1`, ...gateway];
  const isthmus = (...args: string[]): Promise<string> => runIsthmus(['--dir', dir, ...args]);
  const start = (log: string, ...args: string[]): Process =>
    startIsthmus(['--dir', dir, ...args], path.join(root, `${log}.log`));
  const sidecars = new Map<string, Process>();
  let programs: Process | undefined;
  return {
    ...{ name, dir },
    init: async () => void (await isthmus('init', '--mesh', 'acme', '--cluster', name, ...place)),
    join: async (token) => void (await isthmus('join', token, ...place)),
    up: () => void (programs = start(name, 'up')),
    down: async () => programs?.stop(),
    startSidecar: (service, options) =>
      void sidecars.set(
        service,
        start(`${name}-${service}`, 'run', '--service', service, '-n', NAMESPACE, ...options),
      ),
    admin() {
      const opened = openAdminClient(dir);
      if (!opened.ok) throw new Error(opened.error.message);
      return opened.value;
    },
    controllerMemory: () => readMemory(dir),
    async programs() {
      const beside = [...sidecars].map(([service, { pid = 0 }]) => ({ name: `${name}: ${service}`, pid }));
      return [...(await runningPrograms(name, dir)), ...beside];
    },
    async stop() {
      await Promise.all([...sidecars.values()].map((sidecar) => sidecar.stop()));
      await programs?.stop();
    },
  };
}

async function readMemory(dir: string): Promise<Memory> {
  const info = readRunInfo(dir);
  if (!info.ok) throw new Error(info.error.message);
  const status = await readFile(`/proc/${info.value.pid}/status`, 'utf8');
  const bytes = (field: string): number =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024;
  return { now: bytes('VmRSS'), peak: bytes('VmHWM') };
}

/** Each has a file in `run/` that says where it is. */
async function runningPrograms(cluster: string, dir: string): Promise<readonly Program[]> {
  const folder = clusterFolder(dir).run;
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json'));
  return Promise.all(
    files.map(async (file) => {
      const { pid } = JSON.parse(await readFile(path.join(folder, file), 'utf8')) as { pid: number };
      return { name: `${cluster}: ${file === 'controller.json' ? 'controller' : 'gateway'}`, pid };
    }),
  );
}
