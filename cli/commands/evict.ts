import { Command } from 'commander';
import { parseLabel, type ClusterName } from '../../mesh/model/names.ts';
import { askController } from '../admin.ts';
import { orUsage } from '../options.ts';
import { note } from '../output/print.ts';

/** `isthmus evict west`, on the founder: every member stops trusting that cluster. */
export function evictCommand(): Command {
  return new Command('evict')
    .description('withdraw the membership of a cluster (on the founder)')
    .argument('<cluster>', 'name of the cluster')
    .action(async (name: string, _options: unknown, command: Command) => {
      const cluster = orUsage(parseLabel<ClusterName>(name, 'cluster'));
      await askController(command, (admin) => admin.evict(cluster));
      note(`${cluster} evicted: its certificates are refused by every member that hears the new bundle`);
    });
}
