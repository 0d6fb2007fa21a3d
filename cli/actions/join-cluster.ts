import { joinMesh, type JoinStep } from '../../federation/join/join-mesh.ts';
import { openStateFolder } from '../../mesh/adapters/files/state-folder.ts';
import { clusterFolder } from '../../mesh/adapters/standalone/cluster-folder.ts';
import { writeClusterConfig } from '../../mesh/adapters/standalone/cluster-config.ts';
import { openFolderKeyStore } from '../../mesh/adapters/trust/folder-key-store.ts';
import { assertNever } from '../../mesh/kit/assert-never.ts';
import { orFail } from '../options.ts';
import { note } from '../output/print.ts';
import { clusterConfig, type PlaceOptions } from '../place.ts';

/** Joins with the token and makes the folder of the cluster. Safe to repeat. */
export async function joinCluster(dir: string, token: string, options: PlaceOptions): Promise<void> {
  const folder = clusterFolder(dir);
  const joined = orFail(
    await joinMesh({
      ...{ token, allowLoopback: options.allowLoopback === true, now: () => Date.now() },
      gateways: [{ ...(options.advertise ?? options.gateway), zone: options.zone }],
      ...{ keys: openFolderKeyStore(folder.trust), state: openStateFolder(folder.state) },
      onProgress: (step) => note(wordsOf(step)),
    }),
  );
  await writeClusterConfig(dir, clusterConfig(joined, options));
  note('  What crossed: one public key, one certificate, one trust bundle. No private key, no API token.');
  note(`${joined.cluster} is a member of ${joined.mesh}. Next: isthmus --dir ${dir} up`);
}

function wordsOf(step: JoinStep): string {
  switch (step.kind) {
    case 'token':
      return `✓ token for ${step.cluster}, to join mesh ${step.mesh}`;
    case 'pinned':
      return `✓ dialled ${step.gateway.host}:${step.gateway.port}, root fingerprint matches`;
    case 'received':
      return `✓ intermediate received       may only speak for ${step.trustDomain}, expires ${new Date(step.expiresAt).toISOString().slice(0, 10)}`;
    case 'stored':
      return `✓ stored, with ${step.members} ${step.members === 1 ? 'member' : 'members'} of the mesh to dial`;
    default:
      return assertNever(step);
  }
}
