import path from 'node:path';
import type { Place } from '../../../crds/kind.ts';
import { fault, type Fault } from '../../model/fault.ts';
import type { ClusterObjects } from '../../ports/resource-store.ts';
import type { SourceContent } from '../objects/source-content.ts';
import { lookAtFile, readManifestFile } from './manifest-files.ts';
import { openPublishedObjects, type PublishedOptions } from '../objects/published-objects.ts';

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

export interface FolderObjectsOptions extends PublishedOptions {
  readonly root: string;
  readonly place: Place;
}

interface Held {
  readonly stamp: string;
  readonly content: SourceContent;
}

export const MAX_FILES = 10_000;

export function openFolderObjects(options: FolderObjectsOptions): FolderObjects {
  const { root, place } = options;
  const held = new Map<string, Held>();
  const published = openPublishedObjects(options, held);
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

function states({ stated, faultyIds }: SourceContent, id: string): boolean {
  return faultyIds.includes(id) || stated.some(({ manifest }) => manifest.id === id);
}

/** The fault of a folder with more files than are read. */
export function tooManyFiles(root: string): Fault {
  return fault('quota_exceeded', root, `has over ${MAX_FILES} manifest files; the rest is not read`);
}
