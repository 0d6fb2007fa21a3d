import { Command } from 'commander';
import { parseLabel, type ClusterName } from '../../mesh/model/names.ts';
import { askController } from '../admin.ts';
import { orUsage } from '../options.ts';
import { note } from '../output/print.ts';

const clusterOf = (name: string): ClusterName => orUsage(parseLabel<ClusterName>(name, 'cluster'));

/** `isthmus forget west`: an unreachable cluster is kept until it says goodbye, or its operator's word. */
export function forgetCommand(): Command {
  return new Command('forget')
    .description('drop what is known of a cluster that will not come back')
    .argument('<cluster>', 'name of the cluster')
    .action(async (name: string, _options: unknown, command: Command) => {
      const cluster = clusterOf(name);
      await askController(command, (admin) => admin.forget(cluster));
      note(`${name} forgotten`);
    });
}

/** `isthmus confirm west`: a snapshot that drops more than half of a cluster's services is held until then. */
export function confirmCommand(): Command {
  return new Command('confirm')
    .description('accept a held snapshot that drops many services of a cluster')
    .argument('<cluster>', 'name of the cluster')
    .action(async (name: string, _options: unknown, command: Command) => {
      const cluster = clusterOf(name);
      await askController(command, (admin) => admin.confirm(cluster));
      note(`the snapshot of ${name} is in force`);
    });
}
