import { Command, InvalidArgumentError } from 'commander';
import { parseLabel, type ClusterName } from '../../mesh/model/names.ts';
import { askController } from '../admin.ts';
import { orUsage } from '../options.ts';
import { note, writeLine } from '../output/print.ts';

/** `isthmus token create --cluster west` prints the one line that the other operator gives to `isthmus join`. */
export function tokenCommand(): Command {
  const create = new Command('create')
    .description('print a token with which one cluster may join, once')
    .requiredOption('--cluster <name>', 'name of the cluster that will join')
    .option('--ttl <seconds>', 'how long it is valid, at most 900', seconds, 900)
    .action(async (options: { cluster: string; ttl: number }, command: Command) => {
      const cluster = orUsage(parseLabel<ClusterName>(options.cluster, 'cluster'));
      const { token } = await askController(command, (admin) => admin.createToken(cluster, options.ttl));
      writeLine(token);
      note(
        `for ${cluster}, valid ${options.ttl} s, single use. On the other side: isthmus --dir ${cluster} join <token> ...`,
      );
    });
  return new Command('token').description('tokens for joining').addCommand(create);
}

function seconds(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 900) return value;
  throw new InvalidArgumentError('is not a number of seconds from 1 to 900');
}
