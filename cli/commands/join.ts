import { Command, InvalidArgumentError } from 'commander';
import { clusterDir } from '../admin.ts';
import { kubeChoice } from '../kubernetes/choice.ts';
import { withPlaceOptions, type PlaceOptions } from '../place.ts';

interface JoinOptions extends PlaceOptions {
  readonly to?: string;
  readonly cluster?: string;
}

/** `isthmus join --context west --to east`, `isthmus join <token> --context west`, `isthmus --dir west join <token> ...` */
export function joinCommand(): Command {
  const command = new Command('join')
    .description('join a mesh')
    .argument('[token]', 'the line that isthmus token create printed')
    .option('--to <context>', 'in place of a token: the context of the founder, where one is made')
    .option('--cluster <name>', 'with --to: name of this cluster, if not that of its context');
  return withPlaceOptions(command).action(join);
}

async function join(token: string | undefined, options: JoinOptions, command: Command): Promise<void> {
  const { to, cluster: name } = options;
  if ((token === undefined) === (to === undefined))
    throw new InvalidArgumentError('needs either a token or --to <context>');
  const choice = kubeChoice(command);
  if (choice === undefined) {
    if (token === undefined)
      throw new InvalidArgumentError('--to needs --context: it is for Kubernetes clusters');
    const { joinCluster } = await import('../actions/join-cluster.ts');
    return joinCluster(clusterDir(command), token, options);
  }
  const actions = await import('../actions/kubernetes-membership.ts');
  if (token !== undefined) return actions.joinInKubernetes(choice, token, options);
  return actions.joinByContext(choice, { to: to ?? '', name }, options);
}
