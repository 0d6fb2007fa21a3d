import { joinMesh } from '../../federation/join/join-mesh.ts';
import { joinStepText } from '../../federation/join/join-steps.ts';
import { openStateFolder } from '../../mesh/adapters/files/state-folder.ts';
import { clusterFolder } from '../../mesh/adapters/standalone/cluster-folder.ts';
import { writeClusterConfig } from '../../mesh/adapters/standalone/cluster-config.ts';
import { openFolderKeyStore } from '../../mesh/adapters/trust/folder-key-store.ts';
import { decodeJoinToken } from '../../mesh/decide/join-token.ts';
import { orFail } from '../options.ts';
import { note } from '../output/print.ts';
import { clusterConfig, type PlaceOptions } from '../place.ts';

/** Joins with the token and makes the folder of the cluster. Safe to repeat. */
export async function joinCluster(dir: string, token: string, options: PlaceOptions): Promise<void> {
  const folder = clusterFolder(dir);
  // What is missing of the options is told before the token is spent.
  const config = clusterConfig(orFail(decodeJoinToken(token)), options);
  const joined = orFail(
    await joinMesh({
      ...{ token, allowLoopback: options.allowLoopback === true, now: () => Date.now() },
      gateways: [{ ...(config.advertise ?? config.gateway), zone: config.zone }],
      ...{ keys: openFolderKeyStore(folder.trust), state: openStateFolder(folder.state) },
      onProgress: (step) => note(`✓ ${joinStepText(step)}`),
    }),
  );
  await writeClusterConfig(dir, config);
  note('  What crossed: one public key, one certificate, one trust bundle. No private key, no API token.');
  note(`${joined.cluster} is a member of ${joined.mesh}. Next: isthmus --dir ${dir} up`);
}
