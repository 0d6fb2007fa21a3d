/** What a controller remembers, in ConfigMaps of its namespace: one for each name, compressed, because they have a limit. */
import { gunzipSync, gzipSync } from 'node:zlib';
import { ok, type Result } from '../../kit/result.ts';
import { fault, type Fault } from '../../model/fault.ts';
import type { StateStore } from '../../ports/state-store.ts';
import type { ApiClient } from './api-client.ts';
import { isApiObject, isRecord } from './api-object.ts';
import { applyObject, deleteObject } from './apply.ts';
import { openKeptTexts, type Changes, type KeptTextsOptions, type Unkept } from './kept-texts.ts';
import { collectionPath, CONFIG_MAPS } from './resources.ts';

export interface ConfigMapStateOptions extends Pick<
  KeptTextsOptions,
  'mayWrite' | 'clock' | 'random' | 'log'
> {
  readonly api: Pick<ApiClient, 'request'>;
  readonly namespace: string;
}

const LABEL = { 'isthmus.dev/kept': 'state' };
const PREFIX = 'isthmus-state-';
const KEY = 'text.gz';
const NOT_FOUND = 404;
/** A small object can decompress to very much. */
const MAX_TEXT_BYTES = 64 * 1024 * 1024;
/** Of the API: keys and values of a ConfigMap together. */
const MAX_DATA_BYTES = 1024 * 1024;

export async function openConfigMapState(options: ConfigMapStateOptions): Promise<Result<StateStore, Fault>> {
  const { api, namespace } = options;
  const [label, value] = Object.entries(LABEL)[0] ?? [];
  const answer = await api.request({
    ...{ method: 'GET', path: collectionPath(CONFIG_MAPS, namespace) },
    query: { labelSelector: `${label}=${value}` },
  });
  if (!answer.ok) return answer;
  const texts = openKeptTexts({
    ...{ ...options, what: `ConfigMaps ${namespace}/${PREFIX}*`, held: readAll(answer.value.body) },
    keep: (changes) => keep(changes, options),
  });
  return ok({
    list: texts.names,
    read: texts.get,
    write: (name, text) => texts.set(name, text),
    remove: (name) => texts.set(name, undefined),
    flush: texts.flush,
  });
}

/** One that is too large for an object keeps no other from being kept. */
async function keep(changes: Changes, options: ConfigMapStateOptions): Promise<ReadonlyMap<string, Unkept>> {
  const failed = new Map<string, Unkept>();
  for (const [name, text] of changes) {
    const kept = text === undefined ? await remove(name, options) : await write(name, text, options);
    if (kept !== undefined) failed.set(name, kept);
  }
  return failed;
}

async function remove(name: string, { api, namespace }: ConfigMapStateOptions): Promise<Unkept | undefined> {
  const removed = await deleteObject(api, CONFIG_MAPS, { namespace, name: PREFIX + name });
  return removed.ok || removed.error.status === NOT_FOUND ? undefined : removed.error;
}

/** What an object had before stays in it when this is too large. */
async function write(
  name: string,
  text: string,
  { api, namespace }: ConfigMapStateOptions,
): Promise<Unkept | undefined> {
  const at = { namespace, name: PREFIX + name };
  const zipped = gzipSync(text);
  if (zipped.length + KEY.length > MAX_DATA_BYTES) {
    const message = `would have ${zipped.length} bytes compressed, and a ConfigMap takes ${MAX_DATA_BYTES}; it is kept in memory only`;
    return {
      ...fault('quota_exceeded', `ConfigMap ${namespace}/${at.name}`, message),
      ...{ field: `binaryData.${KEY}`, isFinal: true },
    };
  }
  const kept = await applyObject(api, {
    ...{ ...at, kind: CONFIG_MAPS, metadata: { labels: LABEL } },
    fields: { binaryData: { [KEY]: zipped.toString('base64') } },
  });
  return kept.ok ? undefined : kept.error;
}

/** What cannot be read is as good as not there: nothing that is remembered is needed to go on. */
function readAll(list: unknown): ReadonlyMap<string, string> {
  const items = isRecord(list) && Array.isArray(list['items']) ? (list['items'] as unknown[]) : [];
  const texts = new Map<string, string>();
  for (const item of items) {
    if (!isApiObject(item) || !item.metadata.name.startsWith(PREFIX)) continue;
    const text = readText(item['binaryData']);
    if (text !== undefined) texts.set(item.metadata.name.slice(PREFIX.length), text);
  }
  return texts;
}

function readText(binaryData: unknown): string | undefined {
  const value = isRecord(binaryData) ? binaryData[KEY] : undefined;
  if (typeof value !== 'string') return undefined;
  try {
    return gunzipSync(Buffer.from(value, 'base64'), { maxOutputLength: MAX_TEXT_BYTES }).toString();
  } catch {
    return undefined;
  }
}
