/** A ResourceStore over a folder of YAML manifests, watched. A bad document affects only itself: see assemble-objects.ts. */
import { mkdirSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Place } from '../../../crds/kind.ts';
import { err, ok, type Result } from '../../kit/result.ts';
import { fault, type Fault } from '../../model/fault.ts';
import { isSystemNamespace, splitServiceKey, type ServiceKey } from '../../model/names.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ResourceStore } from '../../ports/resource-store.ts';
import { writeFileAtomic } from '../files/atomic-write.ts';
import { clusterFolder } from './cluster-folder.ts';
import { exportFileName, exportId, exportManifest, withoutExport } from './export-files.ts';
import { MAX_FILES, openFolderObjects, tooManyFiles, type FolderObjects } from './folder-objects.ts';
import { listManifests, lookAtFile } from './manifest-files.ts';
import { memoryFile, openObjectMemory } from '../objects/object-memory.ts';
import { settleFiles } from './settle-files.ts';
import { FolderWatch } from './folder-watch.ts';

export interface FolderStoreOptions {
  /** The cluster's folder. */
  readonly dir: string;
  readonly place: Place;
  readonly clock: Clock;
}

/** Finds what the watch missed, and follows folders that cannot be watched and files that links lead to. */
const RESCAN_MS = 2000;

/** Changes are seen within some 30 ms of the last write to a file, deletions within 50 ms. */
export function openFolderStore({ dir, place, clock }: FolderStoreOptions): ResourceStore {
  const { manifests: root, state } = clusterFolder(dir);
  const memory = openObjectMemory(memoryFile(path.join(state, 'objects.json')), clock);
  const troubles = new Map<string, Fault>();
  const objects = openFolderObjects({ root, place, memory, troubles: () => [...troubles.values()] });
  const exclusive = oneAtATime();
  let stop = (): Promise<void> => Promise.resolve();

  return {
    snapshot: objects.snapshot,
    subscribe: objects.subscribe,
    async start() {
      mkdirSync(root, { recursive: true });
      const following = follow({ root, clock, objects, troubles, exclusive });
      stop = following.stop;
      await exclusive(async () => objects.read((await listManifests(root)).files));
      following.look();
    },
    applyExport: (key) => exclusive(() => applyExport(root, objects, key)),
    removeExport: (key) => exclusive(() => removeExport(root, objects, key)),
    stop: () => stop(),
  };
}

type Exclusive = <T>(work: () => Promise<T>) => Promise<T>;

/** Reading and writing never run at the same time. */
function oneAtATime(): Exclusive {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work);
    last = next.catch(() => undefined);
    return next;
  };
}

interface Followed {
  readonly root: string;
  readonly clock: Clock;
  readonly objects: FolderObjects;
  readonly troubles: Map<string, Fault>;
  readonly exclusive: Exclusive;
}

interface Following {
  /** Looks now at what may have changed, and watches from now on. */
  look(): void;
  stop(): Promise<void>;
}

/** Keeps the objects up with the folder. */
function follow({ root, clock, objects, troubles, exclusive }: Followed): Following {
  const files = settleFiles({
    clock,
    look: (name) => lookAtFile(path.join(root, name)),
    held: objects.stampOf,
    settled: (names) => exclusive(() => objects.read(names)),
  });
  const rescan = async (): Promise<void> => {
    const { files: names, folders } = await listManifests(root);
    if (watched.cover(folders)) void rescans.run();
    const changed = tellTroubles(troubles, { root, files: names.length, unwatched: watched.trouble() });
    if (changed) objects.publish();
    for (const name of new Set([...names, ...objects.names()])) {
      const look = await lookAtFile(path.join(root, name));
      if (look?.stamp !== objects.stampOf(name)) files.touch(name);
    }
  };
  const rescans = coalesce(rescan);
  const watched = new FolderWatch(root, (name) => {
    if (name === undefined) void rescans.run();
    else files.touch(name);
  });
  const stopRescans = clock.every(RESCAN_MS, () => void rescans.run());
  return {
    look: () => void rescans.run(),
    async stop() {
      stopRescans();
      await rescans.stop();
      watched.stop();
      await files.stop();
      await exclusive(() => Promise.resolve());
    },
  };
}

/** Of calls that come while one runs, one more runs after it. */
function coalesce(work: () => Promise<void>): { run: () => Promise<void>; stop: () => Promise<void> } {
  let running: Promise<void> | undefined;
  let again = false;
  let stopped = false;
  const loop = async (): Promise<void> => {
    do {
      again = false;
      await work();
    } while (again && !stopped);
  };
  return {
    run() {
      if (stopped) return Promise.resolve();
      if (running !== undefined) again = true;
      running ??= loop().finally(() => {
        running = undefined;
      });
      return running;
    },
    async stop() {
      stopped = true;
      await running;
    },
  };
}

/** Whether what is wrong with the folder itself is other than before. */
function tellTroubles(
  troubles: Map<string, Fault>,
  now: { readonly root: string; readonly files: number; readonly unwatched: string | undefined },
): boolean {
  const before = [...troubles.values()].map(({ message }) => message).join();
  troubles.clear();
  if (now.unwatched !== undefined) {
    const message = `is not watched (${now.unwatched}); changes are seen every ${RESCAN_MS / 1000} s only`;
    troubles.set('watch', fault('io_failed', now.root, message));
  }
  if (now.files > MAX_FILES) troubles.set('files', tooManyFiles(now.root));
  return before !== [...troubles.values()].map(({ message }) => message).join();
}

async function applyExport(
  root: string,
  objects: FolderObjects,
  key: ServiceKey,
): Promise<Result<{ readonly created: boolean }, Fault>> {
  if (objects.snapshot().exports.has(key)) return ok({ created: false });
  const { namespace } = splitServiceKey(key);
  if (isSystemNamespace(namespace)) {
    return err(
      fault('namespace_absent', key, `${namespace} is a system namespace, which the mesh leaves alone`),
    );
  }
  const name = exportFileName(key);
  const file = path.join(root, name);
  if ((await lookAtFile(file)) !== undefined) {
    const message = `is there, but does not export ${key}; mend or remove it first`;
    return err(fault('already_exists', name, message));
  }
  const failed = tryWrite(name, () => writeFileAtomic(file, exportManifest(key), 0o644));
  if (failed !== undefined) return err(failed);
  await objects.read([name]);
  return ok({ created: true });
}

async function removeExport(
  root: string,
  objects: FolderObjects,
  key: ServiceKey,
): Promise<Result<{ readonly removed: boolean }, Fault>> {
  const names = objects.filesOf(exportId(key));
  for (const name of names) {
    const file = path.join(root, name);
    try {
      const rest = withoutExport(await readFile(file, 'utf8'), key);
      if (rest === undefined) await rm(file);
      else writeFileAtomic(file, rest, 0o644);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') return err(unwritable(name, cause));
    }
  }
  if (names.length > 0) await objects.read(names);
  return ok({ removed: names.length > 0 });
}

function tryWrite(name: string, write: () => void): Fault | undefined {
  try {
    write();
    return undefined;
  } catch (cause) {
    return unwritable(name, cause);
  }
}

function unwritable(name: string, cause: unknown): Fault {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
  return { ...fault('io_failed', name, `cannot be written: ${code}`), cause };
}
