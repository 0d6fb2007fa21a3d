import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ResourceStore } from '../../ports/resource-store.ts';
import { resourceStoreContract, type StatedObject } from '../../ports/resource-store.contract.ts';
import { systemClock } from '../clock/system-clock.ts';
import { openFolderStore } from './folder-store.ts';

resourceStoreContract('a folder of manifests', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'cluster-'));
  const place = { region: 'eu', zone: 'eu-1' };
  const open = (): ResourceStore => openFolderStore({ dir, place, clock: systemClock });
  const store = open();
  const fileOf = ({ kind, metadata: { name, namespace = '' } }: StatedObject): string =>
    path.join(dir, 'manifests', namespace, `${kind}-${name}.yaml`);
  return Promise.resolve({
    ...{ store, reopen: open },
    apply(object) {
      mkdirSync(path.dirname(fileOf(object)), { recursive: true });
      writeFileSync(fileOf(object), JSON.stringify(object));
      return Promise.resolve();
    },
    remove(object) {
      rmSync(fileOf(object));
      return Promise.resolve();
    },
    async close() {
      await store.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  });
});
