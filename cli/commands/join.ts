import { Command } from 'commander';
import { clusterDir } from '../admin.ts';
import { withPlaceOptions, type PlaceOptions } from '../place.ts';

/** `isthmus --dir west join <token> ...`: a folder for a cluster that joins a mesh. */
export function joinCommand(): Command {
  const command = new Command('join')
    .description('join a mesh, with a token of its founder')
    .argument('<token>', 'the line that isthmus token create printed');
  return withPlaceOptions(command).action(async (token: string, options: PlaceOptions) => {
    const { joinCluster } = await import('../actions/join-cluster.ts');
    await joinCluster(clusterDir(command), token, options);
  });
}
