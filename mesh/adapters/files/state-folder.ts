/** StateStore over a folder: one file a name, written whole. And the same in memory, for tests and simulation. */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ok } from '../../kit/result.ts';
import type { StateStore } from '../../ports/state-store.ts';
import { writeFileAtomic } from './atomic-write.ts';

const NAME = /^[a-z0-9-]{1,100}$/;
const SUFFIX = '.json';

export function openStateFolder(folder: string): StateStore {
  const fileOf = (name: string): string => {
    if (!NAME.test(name)) throw new Error(`${JSON.stringify(name)} is no name of a state`);
    return path.join(folder, name + SUFFIX);
  };
  return {
    list() {
      const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(SUFFIX)) : [];
      return files
        .map((file) => file.slice(0, -SUFFIX.length))
        .filter((name) => NAME.test(name))
        .sort();
    },
    read(name) {
      const file = fileOf(name);
      return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
    },
    write: (name, text) => writeFileAtomic(fileOf(name), text),
    remove: (name) => rmSync(fileOf(name), { force: true }),
    flush: () => Promise.resolve(ok(undefined)),
  };
}

export function createMemoryState(): StateStore {
  const texts = new Map<string, string>();
  return {
    list: () => [...texts.keys()].sort(),
    read: (name) => texts.get(name),
    write: (name, text) => void texts.set(name, text),
    remove: (name) => void texts.delete(name),
    flush: () => Promise.resolve(ok(undefined)),
  };
}
