/** ServiceExports as the user makes them, with the user's own rights: the controller has none to write them. */
import { applyObject, deleteObject } from '../../mesh/adapters/kubernetes/apply.ts';
import { SERVICE_EXPORTS } from '../../mesh/adapters/kubernetes/resources.ts';
import { splitServiceKey, type ServiceKey } from '../../mesh/model/names.ts';
import { orFail } from '../options.ts';
import type { KubeChoice } from './choice.ts';
import { withKube } from './connect.ts';

const [CREATED, NOT_FOUND] = [201, 404];

export function createExport(choice: KubeChoice, key: ServiceKey): Promise<{ readonly created: boolean }> {
  return withKube(choice, async ({ api }) => {
    const applied = orFail(await applyObject(api, { kind: SERVICE_EXPORTS, ...splitServiceKey(key) }));
    return { created: applied.status === CREATED };
  });
}

export function deleteExport(choice: KubeChoice, key: ServiceKey): Promise<{ readonly removed: boolean }> {
  return withKube(choice, async ({ api }) => {
    const deleted = await deleteObject(api, SERVICE_EXPORTS, splitServiceKey(key));
    if (!deleted.ok && deleted.error.status !== NOT_FOUND) orFail(deleted);
    return { removed: deleted.ok };
  });
}
