/** The real Helm with the chart of this tree, as the administrator of one cluster. */
import path from 'node:path';
import { CHART_FOLDER } from '../../scripts/chart/chart-files.ts';
import { kubeconfigFile } from './certificates.ts';
import type { Cluster } from './cluster.ts';
import { programFiles } from './go-programs.ts';
import { inNetwork } from './network.ts';
import { run } from './run.ts';

const TIMEOUT_MS = 180_000;
export const RELEASE = 'isthmus';

/** `helm <command> isthmus <chart> <args>`, with values; answers both outputs. */
export async function helmOn({ plan }: Cluster, args: readonly string[], values?: object): Promise<string> {
  const { helm } = await programFiles(['helm']);
  const homes = ['CACHE', 'CONFIG', 'DATA'].map((kind) => [
    `HELM_${kind}_HOME`,
    path.join(plan.folder, 'helm'),
  ]);
  const given = values === undefined ? [] : ['--values', '-'];
  return run(inNetwork(plan.namespace, [helm, ...args, ...given]), {
    env: { ...Object.fromEntries(homes), KUBECONFIG: kubeconfigFile(plan, 'admin') } as NodeJS.ProcessEnv,
    ...{ input: values === undefined ? '' : JSON.stringify(values), timeoutMs: TIMEOUT_MS, withErrors: true },
  });
}

export function install(cluster: Cluster, values: object, ...args: readonly string[]): Promise<string> {
  return helmOn(cluster, ['install', RELEASE, CHART_FOLDER, '--wait', '--timeout', '2m', ...args], values);
}

/** Without a cluster. */
export async function template(values: object): Promise<string> {
  const { helm } = await programFiles(['helm']);
  return run([helm, 'template', RELEASE, CHART_FOLDER, '--values', '-'], { input: JSON.stringify(values) });
}

export async function lint(values: object): Promise<string> {
  const { helm } = await programFiles(['helm']);
  return run([helm, 'lint', '--strict', CHART_FOLDER, '--values', '-'], { input: JSON.stringify(values) });
}
