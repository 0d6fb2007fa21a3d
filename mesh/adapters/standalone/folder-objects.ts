import path from 'node:path';
import type { Place } from '../../../crds/kind.ts';
import { fault, type Fault } from '../../model/fault.ts';
import type { ClusterObjects } from '../../ports/resource-store.ts';
import { assembleObjects, type Remembered } from './assemble-objects.ts';
import type { FileContent } from './file-content.ts';
import { lookAtFile, readManifestFile } from './manifest-files.ts';
import type { ObjectMemory } from './object-memory.ts';

/** The contents of the files of a folder as they were read last, and the objects that follow from them. */
export interface FolderObjects {
  snapshot(): ClusterObjects;
  subscribe(changed: () => void): () => void;
  /** What this file was when it was read; undefined when it is not held. */
  stampOf(name: string): string | undefined;
  names(): readonly string[];
  /** Files that state this object, well or badly. */
  filesOf(id: string): readonly string[];
  /** Reads these files anew and publishes what follows. */
  read(names: readonly string[]): Promise<void>;
  /** Publishes anew: after a fault of the folder itself came or went. */
  publish(): void;
}

export interface FolderObjectsOptions {
  readonly root: string;
  readonly place: Place;
  readonly memory: ObjectMemory;
  /** What is wrong with the folder itself. */
  readonly troubles: () => readonly Fault[];
}

interface Held {
  readonly stamp: string;
  readonly content: FileContent;
}

export const MAX_FILES = 10_000;

export function openFolderObjects(options: FolderObjectsOptions): FolderObjects {
  const { root, place } = options;
  const held = new Map<string, Held>();
  const published = openPublished(options, held);
  const readOne = async (name: string): Promise<void> => {
    const look = await lookAtFile(path.join(root, name));
    if (look === undefined) held.delete(name);
    else if (held.has(name) || held.size < MAX_FILES) {
      held.set(name, { stamp: look.stamp, content: await readManifestFile(root, name, place) });
    }
  };
  return {
    ...published,
    stampOf: (name) => held.get(name)?.stamp,
    names: () => [...held.keys()],
    filesOf: (id) => [...held].filter(([, { content }]) => states(content, id)).map(([name]) => name),
    async read(names) {
      for (const name of names) await readOne(name);
      published.publish();
    },
  };
}

type Published = Pick<FolderObjects, 'snapshot' | 'subscribe' | 'publish'>;

/** What the files that are held state together; subscribers hear of it when its content changes. */
function openPublished(
  { memory, troubles }: FolderObjectsOptions,
  held: ReadonlyMap<string, Held>,
): Published {
  const listeners = new Set<() => void>();
  let remembered: ReadonlyMap<string, Remembered> = new Map();
  let objects = emptyObjects();
  let told: string | undefined;
  return {
    snapshot: () => objects,
    subscribe(changed) {
      listeners.add(changed);
      return () => void listeners.delete(changed);
    },
    publish() {
      const files = new Map([...held].sort(byName).map(([name, { content }]) => [name, content]));
      const assembly = assembleObjects({
        files,
        remembered,
        createdAt: memory.createdAt,
        counted: memory.counted,
      });
      remembered = assembly.remembered;
      const unkept = memory.keep(assembly.objects);
      const faults = [...troubles(), ...(unkept === undefined ? [] : [unkept]), ...assembly.objects.faults];
      const next = { ...assembly.objects, faults };
      const text = contentOf(next);
      if (text === told) return;
      told = text;
      objects = { version: objects.version + 1, ...next };
      for (const listener of listeners) listener();
    },
  };
}

/** The order in which the first of two manifests wins; of code units, so that it is the same everywhere. */
function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function states({ stated, faultyIds }: FileContent, id: string): boolean {
  return faultyIds.includes(id) || stated.some(({ manifest }) => manifest.id === id);
}

function emptyObjects(): ClusterObjects {
  const maps = { services: new Map(), endpoints: new Map(), exports: new Map(), failover: new Map() };
  return { version: 0, namespaces: new Set(), ...maps, access: [], faults: [] };
}

/** Two states of the same content give the same text. */
function contentOf(objects: Omit<ClusterObjects, 'version'>): string {
  return JSON.stringify(objects, (key, value: unknown) => {
    if (value instanceof Map || value instanceof Set) return [...(value as Iterable<unknown>)];
    return key === 'cause' ? undefined : value;
  });
}

/** The fault of a folder with more files than are read. */
export function tooManyFiles(root: string): Fault {
  return fault('quota_exceeded', root, `has over ${MAX_FILES} manifest files; the rest is not read`);
}
