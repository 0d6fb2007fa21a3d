import { Command } from 'commander';
import { parseLabel, type ClusterName, type MeshName } from '../../mesh/model/names.ts';
import { clusterDir } from '../admin.ts';
import { orUsage } from '../options.ts';
import { clusterConfig, withPlaceOptions, type PlaceOptions } from '../place.ts';

/** `isthmus --dir east init --mesh acme --cluster east ...`: a mesh, and its first cluster. */
export function initCommand(): Command {
  const command = new Command('init')
    .description('make a mesh, and a folder for its first cluster')
    .requiredOption('--mesh <name>', 'name of the mesh')
    .requiredOption('--cluster <name>', 'name of this cluster');
  return withPlaceOptions(command).action(init);
}

async function init(
  options: PlaceOptions & { readonly mesh: string; readonly cluster: string },
  command: Command,
): Promise<void> {
  const mesh = orUsage(parseLabel<MeshName>(options.mesh, 'mesh'));
  const cluster = orUsage(parseLabel<ClusterName>(options.cluster, 'cluster'));
  const config = clusterConfig({ mesh, cluster }, options);
  const { initMesh } = await import('../actions/init-mesh.ts');
  await initMesh(clusterDir(command), config);
}
