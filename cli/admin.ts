/** The running controller of the cluster that a command is for, with its answers unwrapped: a fault ends the command. */
import type { Command } from 'commander';
import { openAdminClient, type AdminClient } from '../mesh/adapters/admin/admin-client.ts';
import type { Result } from '../mesh/kit/result.ts';
import type { Fault } from '../mesh/model/fault.ts';
import { kubeChoice } from './kubernetes/choice.ts';
import { orFail } from './options.ts';

/** Asks the controller; ends the command with exit status 1 when it cannot be reached or refuses. */
export async function askController<T>(
  command: Command,
  question: (admin: AdminClient) => Promise<Result<T, Fault>>,
): Promise<T> {
  const choice = kubeChoice(command);
  if (choice === undefined) return orFail(await question(orFail(openAdminClient(clusterDir(command)))));
  const { withKube } = await import('./kubernetes/connect.ts');
  const { podAdminClient } = await import('../mesh/adapters/kubernetes/pod-admin.ts');
  return withKube(choice, async ({ api }) => orFail(await question(podAdminClient(api))));
}

/** The folder of the cluster: --dir, or ISTHMUS_DIR, or here. */
export function clusterDir(command: Command): string {
  return command.optsWithGlobals<{ dir: string }>().dir;
}
