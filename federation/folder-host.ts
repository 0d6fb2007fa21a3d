/** The host of a standalone cluster: its folder. */
import type { ClusterHost } from './cluster-host.ts';
import type { ControllerOptions } from './controller-options.ts';
import { openStateFolder } from '../mesh/adapters/files/state-folder.ts';
import { clusterFolder } from '../mesh/adapters/standalone/cluster-folder.ts';
import { openFolderStore } from '../mesh/adapters/standalone/folder-store.ts';
import { openFolderKeyStore } from '../mesh/adapters/trust/folder-key-store.ts';

export function openFolderHost({
  dir,
  config,
  clock,
}: Pick<ControllerOptions, 'dir' | 'config' | 'clock'>): ClusterHost {
  const folder = clusterFolder(dir);
  const store = openFolderStore({ dir, place: { region: config.region, zone: config.zone }, clock });
  return {
    ...{ keys: openFolderKeyStore(folder.trust), state: openStateFolder(folder.state), store },
    stop: () => store.stop(),
  };
}
