/** Keys of a standalone cluster: files of mode 0600 in `<folder>/trust`. Start of the trust adapters: authority.ts. */
import { readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { err, ok } from '../../kit/result.ts';
import { fault } from '../../model/fault.ts';
import type { KeyName, KeyStore } from '../../ports/key-store.ts';
import { writeFileAtomic } from '../files/atomic-write.ts';

const OPEN_TO_OTHERS = 0o077;

export function openFolderKeyStore(folder: string): KeyStore {
  const fileOf = (name: KeyName): string => path.join(folder, name);
  return {
    read(name) {
      const file = fileOf(name);
      const stat = statSync(file, { throwIfNoEntry: false });
      if (stat === undefined) return ok(undefined);
      if (name.endsWith('.key') && (stat.mode & OPEN_TO_OTHERS) !== 0) {
        return err(
          fault(
            'io_failed',
            file,
            `is a private key that others may read (mode ${(stat.mode & 0o777).toString(8)}); run: chmod 600 ${file}`,
          ),
        );
      }
      return ok(readFileSync(file, 'utf8'));
    },
    write: (name, text) => writeFileAtomic(fileOf(name), text),
    remove: (name) => rmSync(fileOf(name), { force: true }),
  };
}

/** The same in memory, for tests and simulation. */
export function createMemoryKeyStore(): KeyStore {
  const texts = new Map<KeyName, string>();
  return {
    read: (name) => ok(texts.get(name)),
    write: (name, text) => void texts.set(name, text),
    remove: (name) => void texts.delete(name),
  };
}
