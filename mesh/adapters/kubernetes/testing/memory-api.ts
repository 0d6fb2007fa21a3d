/**
 * An API server in memory, without schemas: lists, watches, deletes, and server-side apply with the owners of fields. A
 * list is one value, as `atomic` says it, but for `conditions`, which are a list by type.
 */
import { err, ok, type Result } from '../../../kit/result.ts';
import { fault } from '../../../model/fault.ts';
import type { ApiAnswer, ApiClient, ApiFault, ApiRequest, WatchRequest } from '../api-client.ts';
import { isRecord, type ApiObject } from '../api-object.ts';
import { objectPath, type ObjectKind, type ObjectPlace } from '../resources.ts';

export interface MemoryApi extends ApiClient {
  /** `PATCH /api/v1/namespaces/shop/services/cart`, of all requests that write, in order. */
  readonly writes: readonly string[];
  object(kind: ObjectKind, place: ObjectPlace): ApiObject | undefined;
  /** Server-side apply of somebody else. */
  apply(manager: string, applied: StrangerApply): void;
  remove(kind: ObjectKind, place: ObjectPlace): void;
}

export interface StrangerApply extends ObjectPlace {
  readonly kind: ObjectKind;
  /** `metadata`, `spec` and others; with `subresource: 'status'` its status alone. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly subresource?: 'status';
}

export function createMemoryApi(): MemoryApi {
  const api = new Memory();
  return {
    ...{ writes: api.writes, object: (kind, place) => api.object(objectPath(kind, place)) },
    request: (request) => Promise.resolve(api.request(request)),
    watch: (request) => api.watch(request),
    apply(manager, { kind, fields, subresource = '', ...place }) {
      const metadata = { ...place, ...(fields['metadata'] as object | undefined) };
      api.apply(objectPath(kind, place), { ...fields, metadata }, `${manager}/${subresource}`);
    },
    remove: (kind, place) => api.remove(objectPath(kind, place)),
    stop: () => undefined,
  };
}

/** By its fields, each a path as `managedFields` has it: `["f:spec","f:type"]`. */
type Leaves = Map<string, unknown>;

interface Stored {
  readonly leaves: Leaves;
  /** Paths, by `<manager>/<subresource>`. */
  readonly owned: Map<string, ReadonlySet<string>>;
  version: number;
}

class Memory {
  readonly writes: string[] = [];
  readonly #stored = new Map<string, Stored>();
  readonly #watches = new Set<WatchRequest>();
  #version = 1;

  request({ method, path, query = {}, body }: ApiRequest): Result<ApiAnswer, ApiFault> {
    if (method === 'GET') return ok({ status: 200, body: this.#list(path, query) });
    this.writes.push(`${method} ${path}`);
    const [, at = path, status] = /^(.*?)(\/status)?$/.exec(path) ?? [];
    if (method === 'DELETE') return this.remove(at) ? ok({ status: 200, body: {} }) : NOT_FOUND;
    if (status !== undefined && !this.#stored.has(at)) return NOT_FOUND;
    const { apiVersion: _version, kind: _kind, ...fields } = body as Readonly<Record<string, unknown>>;
    this.apply(at, fields, `${query['fieldManager']}/${status === undefined ? '' : 'status'}`);
    return ok({ status: 200, body: this.object(at) });
  }

  watch(request: WatchRequest): () => void {
    this.#watches.add(request);
    return () => void this.#watches.delete(request);
  }

  object(path: string): ApiObject | undefined {
    const stored = this.#stored.get(path);
    if (stored === undefined) return undefined;
    const { metadata, ...rest } = treeOf(stored.leaves) as ApiObject;
    const managedFields = [...stored.owned].map(([owner, paths]) => {
      const [manager, subresource] = owner.split('/');
      const fieldsV1 = {};
      for (const leaf of paths) placeIn(fieldsV1, JSON.parse(leaf) as string[], {});
      return { manager, operation: 'Apply', fieldsV1, ...(subresource === '' ? {} : { subresource }) };
    });
    return { ...rest, metadata: { ...metadata, resourceVersion: `${stored.version}`, managedFields } };
  }

  /** What this owner applied before and does not any more goes, unless somebody else owns it too. */
  apply(path: string, { metadata, ...rest }: Readonly<Record<string, unknown>>, owner: string): void {
    const { name, namespace, ...stated } = metadata as Readonly<Record<string, unknown>>;
    const isNew = !this.#stored.has(path);
    const leaves = leavesOf({ metadata: { name, namespace } });
    const stored = this.#stored.get(path) ?? {
      leaves,
      owned: new Map<string, ReadonlySet<string>>(),
      version: 0,
    };
    const before = JSON.stringify(this.object(path));
    const applied = leavesOf({ ...(Object.keys(stated).length === 0 ? {} : { metadata: stated }), ...rest });
    const past = stored.owned.get(owner) ?? [];
    stored.owned.set(owner, new Set([...applied.keys()].sort()));
    const owned = new Set([...stored.owned.values()].flatMap((paths) => [...paths]));
    for (const leaf of past) if (!owned.has(leaf)) stored.leaves.delete(leaf);
    for (const [leaf, value] of applied) stored.leaves.set(leaf, value);
    this.#stored.set(path, stored);
    if (JSON.stringify(this.object(path)) === before) return;
    stored.version = ++this.#version;
    this.#tell(path, isNew ? 'ADDED' : 'MODIFIED', this.object(path));
  }

  /** Answers whether it was there. */
  remove(path: string): boolean {
    const object = this.object(path);
    this.#version += 1;
    this.#stored.delete(path);
    if (object !== undefined) this.#tell(path, 'DELETED', object);
    return object !== undefined;
  }

  #tell(path: string, type: string, object: ApiObject | undefined): void {
    const line = JSON.stringify({ type, object });
    for (const watch of this.#watches)
      if (isIn(watch.path, path) && isSelected(object, watch.query)) watch.onLine(line);
  }

  #list(collection: string, query: Query): object {
    const paths = [...this.#stored.keys()].filter((path) => isIn(collection, path));
    const items = paths.map((path) => this.object(path)).filter((object) => isSelected(object, query));
    return { metadata: { resourceVersion: `${this.#version}` }, items };
  }
}

type Query = Readonly<Record<string, string>>;

const NOT_FOUND = err({ ...fault('api_refused', 'API server', 'answered 404: not found'), status: 404 });

/** `/api/v1/services` and `/api/v1/namespaces/shop/services` have `/api/v1/namespaces/shop/services/cart`. */
function isIn(collection: string, path: string): boolean {
  const everywhere = path.replace(/\/namespaces\/[^/]+/, '');
  return [path, everywhere].some((one) => one.startsWith(`${collection}/`));
}

/** By `metadata.name=cart`, and by labels as `a=b,c`: with this value, or with any. */
function isSelected(object: ApiObject | undefined, { fieldSelector, labelSelector = '' }: Query): boolean {
  const { name, labels = {} } = object?.metadata ?? { name: '' };
  const held = new Map(Object.entries(labels as object));
  const isLabelled = labelSelector.split(',').every((term) => {
    const [label = '', value] = term.split('=');
    return term === '' || (value === undefined ? held.has(label) : held.get(label) === value);
  });
  return isLabelled && (fieldSelector === undefined || fieldSelector === `metadata.name=${name}`);
}

function leavesOf(value: unknown, path: readonly string[] = []): Leaves {
  const parts =
    path.at(-1) === 'f:conditions'
      ? (value as { readonly type: string }[]).map((item) => [
          `k:${JSON.stringify({ type: item.type })}`,
          item,
        ])
      : isRecord(value) && Object.keys(value).length > 0
        ? Object.entries(value).map(([name, below]) => [`f:${name}`, below])
        : undefined;
  if (parts === undefined) return new Map(path.length === 0 ? [] : [[JSON.stringify(path), value]]);
  return new Map(parts.flatMap(([part, below]) => [...leavesOf(below, [...path, part as string])]));
}

function treeOf(leaves: Leaves): unknown {
  const tree = {};
  for (const [leaf, value] of leaves) placeIn(tree, JSON.parse(leaf) as string[], value);
  return named(tree);
}

function placeIn(tree: object, [part = '', ...rest]: readonly string[], value: unknown): void {
  const fields = tree as Record<string, unknown>;
  if (rest.length === 0) fields[part] = value;
  else placeIn((fields[part] ??= {}), rest, value);
}

/** Without the marks of its paths, and its items in a list again. */
function named(tree: unknown): unknown {
  if (!isRecord(tree)) return tree;
  const entries = Object.entries(tree);
  if (entries.some(([part]) => part.startsWith('k:'))) return entries.map(([, item]) => named(item));
  return Object.fromEntries(entries.map(([part, value]) => [part.slice(2), named(value)]));
}
