import { Command, InvalidArgumentError } from 'commander';
import { parseLabel, type ClusterName, type MeshName } from '../../mesh/model/names.ts';
import { clusterDir } from '../admin.ts';
import { kubeChoice } from '../kubernetes/choice.ts';
import { orUsage } from '../options.ts';
import { clusterConfig, withPlaceOptions, type PlaceOptions } from '../place.ts';

/** `isthmus init --context east --mesh acme`, `isthmus --dir east init --mesh acme --cluster east ...`: a new mesh. */
export function initCommand(): Command {
  const command = new Command('init')
    .description('make a mesh, and its first cluster')
    .requiredOption('--mesh <name>', 'name of the mesh')
    .option('--cluster <name>', 'name of this cluster; in Kubernetes the default is that of the context');
  return withPlaceOptions(command).action(init);
}

async function init(
  options: PlaceOptions & { readonly mesh: string; readonly cluster?: string },
  command: Command,
): Promise<void> {
  const mesh = orUsage(parseLabel<MeshName>(options.mesh, 'mesh'));
  const choice = kubeChoice(command);
  if (choice !== undefined) {
    const { initInKubernetes } = await import('../actions/kubernetes-membership.ts');
    return initInKubernetes(choice, { mesh, name: options.cluster }, options);
  }
  if (options.cluster === undefined)
    throw new InvalidArgumentError("required option '--cluster <name>' not specified");
  const cluster = orUsage(parseLabel<ClusterName>(options.cluster, 'cluster'));
  const config = clusterConfig({ mesh, cluster }, options);
  const { initMesh } = await import('../actions/init-mesh.ts');
  await initMesh(clusterDir(command), config);
}
