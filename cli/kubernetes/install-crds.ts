/** Our kinds in the API server. One that somebody else keeps there, or a newer one, is left as it is. */
import { isRecord } from '../../mesh/adapters/kubernetes/api-object.ts';
import { until } from './until.ts';
import { applyManifest, definitions, pathOf, readObject, type Api } from './apply-manifest.ts';
import { mayReplace } from './crd-upgrade.ts';

export interface InstalledKinds {
  readonly installed: number;
  /** Names of those that were left. */
  readonly kept: readonly string[];
}

const ESTABLISHED_MS = 30_000;

export async function installKinds(api: Api): Promise<InstalledKinds> {
  const kept: string[] = [];
  for (const definition of definitions()) {
    const path = pathOf(definition);
    const held = await readObject(api, path);
    if (held === undefined || mayReplace(held, definition)) await applyManifest(api, definition);
    else kept.push(path.slice(path.lastIndexOf('/') + 1));
  }
  for (const definition of definitions())
    await until({ what: 'the kinds of Isthmus are served', ms: ESTABLISHED_MS }, async () =>
      isEstablished(await readObject(api, pathOf(definition))),
    );
  return { installed: definitions().length - kept.length, kept };
}

function isEstablished(definition: Readonly<Record<string, unknown>> | undefined): true | undefined {
  const status = definition?.['status'];
  const conditions = isRecord(status) && Array.isArray(status['conditions']) ? status['conditions'] : [];
  const isThere = conditions.some(
    (condition) =>
      isRecord(condition) && condition['type'] === 'Established' && condition['status'] === 'True',
  );
  return isThere ? true : undefined;
}
