import { X509Certificate } from 'node:crypto';
import { Command } from 'commander';
import { clusterFolder } from '../../mesh/adapters/standalone/cluster-folder.ts';
import { writeClusterConfig } from '../../mesh/adapters/standalone/cluster-config.ts';
import { createMesh } from '../../mesh/adapters/trust/authority.ts';
import { openFolderKeyStore } from '../../mesh/adapters/trust/folder-key-store.ts';
import { parseLabel, type ClusterName, type MeshName } from '../../mesh/model/names.ts';
import { clusterDir } from '../admin.ts';
import { orFail, orUsage } from '../options.ts';
import { note } from '../output/print.ts';
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
  options: PlaceOptions & { mesh: string; cluster: string },
  command: Command,
): Promise<void> {
  const dir = clusterDir(command);
  const mesh = orUsage(parseLabel<MeshName>(options.mesh, 'mesh'));
  const cluster = orUsage(parseLabel<ClusterName>(options.cluster, 'cluster'));
  const config = clusterConfig({ mesh, cluster }, options);
  const keys = openFolderKeyStore(clusterFolder(dir).trust);
  const authority = orFail(createMesh(keys, { mesh, cluster, nowMs: Date.now() }));
  await writeClusterConfig(dir, config);
  const root = new X509Certificate(authority.bundle().roots[0] ?? '');
  note(`✓ root of trust created       SHA-256 ${root.fingerprint256}`);
  note(`                              back it up: ${clusterFolder(dir).trust}/root.key`);
  note(`✓ ${dir}/cluster.yaml written`);
  note(`mesh ${mesh} has 1 cluster. Next: isthmus --dir ${dir} up`);
}
