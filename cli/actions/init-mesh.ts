/** What `init` and `join` do; loaded only for them, because certificates and gRPC weigh more than the rest of the CLI. */
import { X509Certificate } from 'node:crypto';
import { clusterFolder } from '../../mesh/adapters/standalone/cluster-folder.ts';
import { writeClusterConfig } from '../../mesh/adapters/standalone/cluster-config.ts';
import { createMesh } from '../../mesh/adapters/trust/authority.ts';
import { openFolderKeyStore } from '../../mesh/adapters/trust/folder-key-store.ts';
import type { ClusterConfig } from '../../mesh/model/cluster-config.ts';
import { orFail } from '../options.ts';
import { note } from '../output/print.ts';

/** Makes the root of trust and the folder of the first cluster; refuses a folder that holds a cluster. */
export async function initMesh(dir: string, config: ClusterConfig): Promise<void> {
  const { mesh, cluster } = config;
  const keys = openFolderKeyStore(clusterFolder(dir).trust);
  const authority = orFail(createMesh(keys, { mesh, cluster, nowMs: Date.now() }));
  await writeClusterConfig(dir, config);
  const root = new X509Certificate(authority.bundle().roots[0] ?? '');
  note(`✓ root of trust created       SHA-256 ${root.fingerprint256}`);
  note(`                              back it up: ${clusterFolder(dir).trust}/root.key`);
  note(`✓ ${dir}/cluster.yaml written`);
  note(`mesh ${mesh} has 1 cluster. Next: isthmus --dir ${dir} up`);
}
