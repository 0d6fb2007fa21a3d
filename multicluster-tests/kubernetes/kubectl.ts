/** kubectl as the administrator of one cluster, run where its API server can be reached. */
import path from 'node:path';
import { kubeconfigFile } from './certificates.ts';
import type { Site } from './site.ts';
import { inNetwork } from './network.ts';
import { run } from './run.ts';

const TIMEOUT_MS = 180_000;

export async function kubectl(
  { plan, programs }: Pick<Site, 'plan' | 'programs'>,
  args: readonly string[],
  input = '',
): Promise<string> {
  const command = [programs.kubectl, `--kubeconfig=${kubeconfigFile(plan, 'admin')}`, ...args];
  // It keeps what it learns of an API server, otherwise in the home of whoever runs it.
  const env = { KUBECACHEDIR: path.join(plan.folder, 'kubectl-cache') };
  return run(inNetwork(plan.namespace, command), { input, env, timeoutMs: TIMEOUT_MS });
}
