/** Keys of a Kubernetes cluster: the data of one Secret, which the installer made and only the controller may read. */
import { err, ok, type Result } from '../../kit/result.ts';
import { fault, type Fault } from '../../model/fault.ts';
import { KEY_NAMES, type KeyStore } from '../../ports/key-store.ts';
import type { ApiClient } from './api-client.ts';
import { isRecord } from './api-object.ts';
import { allOf, openKeptTexts, type Changes, type KeptTextsOptions } from './kept-texts.ts';
import { objectPath, SECRETS, type ObjectPlace } from './resources.ts';

export interface SecretKeyStoreOptions extends Pick<
  KeptTextsOptions,
  'mayWrite' | 'clock' | 'random' | 'log'
> {
  readonly api: Pick<ApiClient, 'request'>;
  readonly secret: ObjectPlace;
}

/** Reads the Secret once: from then on its only writer is this store, for as long as this controller leads. */
export async function openSecretKeyStore(options: SecretKeyStoreOptions): Promise<Result<KeyStore, Fault>> {
  const { api, secret } = options;
  const path = objectPath(SECRETS, secret);
  const what = `Secret ${secret.namespace}/${secret.name}`;
  const answer = await api.request({ method: 'GET', path });
  if (!answer.ok) return answer;
  const data = readData(answer.value.body);
  if (data === undefined) return err(fault('bundle_missing', what, 'is no Secret'));
  const texts = openKeptTexts({
    ...options,
    what,
    held: data,
    keep: (changes) => patch(changes, { api, path }),
  });
  return ok({
    read: (name) => ok(texts.get(name)),
    write: (name, text) => texts.set(name, text),
    remove: (name) => texts.set(name, undefined),
    flush: texts.flush,
  });
}

async function patch(
  changes: Changes,
  { api, path }: { readonly api: Pick<ApiClient, 'request'>; readonly path: string },
): Promise<ReadonlyMap<string, Fault>> {
  const data = [...changes].map(([name, text]) => [
    name,
    text === undefined ? null : Buffer.from(text).toString('base64'),
  ]);
  const patched = await api.request({
    ...{ method: 'PATCH', path, contentType: 'application/merge-patch+json' },
    body: { data: Object.fromEntries(data) as unknown },
  });
  return patched.ok ? new Map() : allOf(changes.keys(), patched.error);
}

/** The texts of the names that a KeyStore has; others are left alone. */
function readData(secret: unknown): ReadonlyMap<string, string> | undefined {
  if (!isRecord(secret)) return undefined;
  const data = isRecord(secret['data']) ? secret['data'] : {};
  const texts = KEY_NAMES.flatMap((name): [string, string][] => {
    const value = data[name];
    return typeof value === 'string' ? [[name, Buffer.from(value, 'base64').toString()]] : [];
  });
  return new Map(texts);
}
