/** A ResourceStore over a folder of YAML manifests, watched. A bad document affects only itself. */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, watch } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { ok } from '../../kit/result.ts';
import { splitServiceKey, type ServiceKey } from '../../model/names.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ClusterObjects, ResourceStore } from '../../ports/resource-store.ts';
import { writeFileAtomic } from '../files/atomic-write.ts';
import { assembleObjects, type InForce } from './assemble-objects.ts';
import { clusterFolder } from './cluster-folder.ts';
import { readManifests, type FileContent } from './read-manifests.ts';

export interface FolderStoreOptions {
  readonly dir: string;
  readonly place: { readonly region: string; readonly zone: string };
  readonly clock: Clock;
}

/** Editors write in bursts; a change is read this long after the first event. */
const SETTLE_MS = 10;
/** Finds what the watch missed. */
const RESCAN_MS = 2000;
const MAX_FILES = 10_000;

interface CachedFile {
  readonly stamp: string;
  readonly content: FileContent;
}

export function openFolderStore(options: FolderStoreOptions): ResourceStore {
  const { manifests } = clusterFolder(options.dir);
  const state = openState(options);
  const fileOf = (key: ServiceKey): string => {
    const { namespace, name } = splitServiceKey(key);
    return path.join(manifests, namespace, `serviceexport-${name}.yaml`);
  };
  let stopWatching = (): void => undefined;
  return {
    ...{ snapshot: state.objects, subscribe: state.subscribe },
    start() {
      mkdirSync(manifests, { recursive: true });
      stopWatching = watchFolder(manifests, options.clock, state.scan);
      state.scan();
      return Promise.resolve();
    },
    applyExport(key) {
      if (state.objects().exports.has(key)) return Promise.resolve(ok({ created: false }));
      writeFileAtomic(fileOf(key), exportManifest(key), 0o644);
      state.scan();
      return Promise.resolve(ok({ created: true }));
    },
    removeExport(key) {
      const { namespace, name } = splitServiceKey(key);
      const file = state.holderOf(`ServiceExport/${namespace}/${name}`);
      if (file === undefined) return Promise.resolve(ok({ removed: false }));
      removeDocument(path.join(manifests, file), key);
      state.scan();
      return Promise.resolve(ok({ removed: true }));
    },
    stop() {
      stopWatching();
      return Promise.resolve();
    },
  };
}

interface StoreState {
  objects(): ClusterObjects;
  /** Reads what changed since the last scan, and tells subscribers if anything did. */
  scan(): void;
  subscribe(changed: () => void): () => void;
  /** The file that states the object of this id. */
  holderOf(id: string): string | undefined;
}

function openState({ dir, place, clock }: FolderStoreOptions): StoreState {
  const folder = clusterFolder(dir);
  const listeners = new Set<() => void>();
  const cache = new Map<string, CachedFile>();
  const born = openBirths(path.join(folder.state, 'exports.json'), clock);
  let lastGood: ReadonlyMap<string, InForce> = new Map();
  let objects: ClusterObjects = {
    version: 0,
    ...assembleObjects({ files: new Map(), lastGood, createdAt: () => 0 }).objects,
  };
  return {
    objects: () => objects,
    holderOf: (id) => lastGood.get(id)?.file,
    scan() {
      const changed = refreshCache(cache, folder.manifests, place);
      if (!changed && objects.version > 0) return;
      const sorted = [...cache].sort(([a], [b]) => (a < b ? -1 : 1));
      const files = new Map(sorted.map(([name, { content }]) => [name, content]));
      const assembly = assembleObjects({ files, lastGood, createdAt: born.of });
      lastGood = assembly.inForce;
      born.keep(assembly.objects.exports);
      objects = { version: objects.version + 1, ...assembly.objects };
      for (const listener of listeners) listener();
    },
    subscribe(changed) {
      listeners.add(changed);
      return () => void listeners.delete(changed);
    },
  };
}

/** Scans shortly after each change, and now and then for what the watch missed. Returns the way to stop. */
function watchFolder(folder: string, clock: Clock, scan: () => void): () => void {
  let pending: (() => void) | undefined;
  const scanSoon = (): void => {
    pending ??= clock.after(SETTLE_MS, () => {
      pending = undefined;
      scan();
    });
  };
  const watcher = watch(folder, { recursive: true }, scanSoon);
  watcher.on('error', scanSoon);
  const stopRescan = clock.every(RESCAN_MS, scan);
  return () => {
    watcher.close();
    stopRescan();
    pending?.();
  };
}

/** Reads what is new or changed; forgets what is gone. Answers whether anything was different. */
function refreshCache(
  cache: Map<string, CachedFile>,
  root: string,
  place: { region: string; zone: string },
): boolean {
  let changed = false;
  const seen = new Set<string>();
  for (const name of manifestFiles(root)) {
    seen.add(name);
    const file = path.join(root, name);
    const stat = statSync(file, { throwIfNoEntry: false, bigint: true });
    if (stat === undefined) continue;
    const stamp = `${stat.ino} ${stat.size} ${stat.mtimeNs}`;
    if (cache.get(name)?.stamp === stamp) continue;
    cache.set(name, { stamp, content: readManifests(readFileSync(file, 'utf8'), name, place) });
    changed = true;
  }
  for (const name of cache.keys()) {
    if (!seen.has(name)) changed = cache.delete(name);
  }
  return changed;
}

function manifestFiles(root: string): string[] {
  const entries = readdirSync(root, { recursive: true, encoding: 'utf8' });
  return entries.filter((name) => /\.ya?ml$/.test(name)).slice(0, MAX_FILES);
}

function exportManifest(key: ServiceKey): string {
  const { namespace, name } = splitServiceKey(key);
  return stringify({
    apiVersion: 'multicluster.x-k8s.io/v1beta1',
    kind: 'ServiceExport',
    metadata: { name, namespace },
  });
}

/** Takes the export out of its file and leaves the rest as it was written; an empty file is removed. */
function removeDocument(file: string, key: ServiceKey): void {
  const { namespace, name } = splitServiceKey(key);
  const documents = parseAllDocuments(readFileSync(file, 'utf8'));
  const rest = (Array.isArray(documents) ? documents : []).filter((document) => {
    const { kind, metadata } = (document.toJS() ?? {}) as {
      kind?: string;
      metadata?: { name?: string; namespace?: string };
    };
    return !(
      kind === 'ServiceExport' &&
      metadata?.name === name &&
      (metadata.namespace ?? 'default') === namespace
    );
  });
  if (rest.length === 0) return rmSync(file);
  writeFileAtomic(file, rest.map((document) => document.toString()).join('---\n'), 0o644);
}

/** When each export was first seen: precedence between clusters rests on it, so it outlives restarts. */
function openBirths(
  file: string,
  clock: Clock,
): { of: (key: ServiceKey) => number; keep: (exports: ReadonlyMap<ServiceKey, unknown>) => void } {
  let births = readBirths(file);
  return {
    of(key) {
      const known = births.get(key) ?? clock.now();
      births.set(key, known);
      return known;
    },
    keep(exports) {
      births = new Map([...births].filter(([key]) => exports.has(key as ServiceKey)));
      writeFileAtomic(file, JSON.stringify([...births]));
    },
  };
}

function readBirths(file: string): Map<string, number> {
  try {
    return new Map(JSON.parse(readFileSync(file, 'utf8')) as [string, number][]);
  } catch {
    return new Map();
  }
}
