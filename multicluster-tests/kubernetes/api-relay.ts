/**
 * A way from this process, which is in the machine's own network, to an API server inside a ground: a unix socket, whose
 * other side is in the ground's network.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { ApiAccess } from '../../mesh/adapters/kubernetes/api-access.ts';
import { kubeconfigAccess } from '../../mesh/adapters/kubernetes/api-access-by-kubeconfig.ts';
import { kubeconfigFile } from './certificates.ts';
import { inNetwork } from './network.ts';
import type { ClusterPlan } from './plan.ts';

export interface ApiRelay {
  /** As the administrator. */
  readonly access: ApiAccess;
  /** Cuts all connections, and makes no new ones until `restore`. */
  cut(): Promise<void>;
  restore(): Promise<void>;
  stop(): Promise<void>;
}

export async function startApiRelay(plan: ClusterPlan): Promise<ApiRelay> {
  const socketPath = path.join(plan.folder, 'api-relay.sock');
  const access = await kubeconfigAccess({ file: kubeconfigFile(plan, 'admin') });
  if (!access.ok) throw new Error(access.error.message);
  let child = await startChild(plan, socketPath);
  return {
    access: { ...access.value, socketPath },
    cut: () => end(child),
    async restore() {
      child = await startChild(plan, socketPath);
    },
    stop: () => end(child),
  };
}

async function startChild(
  { namespace, nodeAddress }: ClusterPlan,
  socketPath: string,
): Promise<ChildProcess> {
  const program = path.join(import.meta.dirname, 'api-relay-child.ts');
  const [command = '', ...args] = inNetwork(namespace, [
    ...[process.execPath, program, socketPath, nodeAddress],
  ]);
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
