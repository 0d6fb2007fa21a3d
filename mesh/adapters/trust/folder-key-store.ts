/** Keys of a standalone cluster: files of mode 0600 in `<folder>/trust`. Start of the trust adapters: authority.ts. */
import { readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { err, ok, type Result } from '../../kit/result.ts';
import { fault, type Fault } from '../../model/fault.ts';
import type { KeyName, KeyStore } from '../../ports/key-store.ts';
import { writeFileAtomic } from '../files/atomic-write.ts';

const READABLE_BY_OTHERS = 0o077;
const WRITABLE_BY_OTHERS = 0o022;

export function openFolderKeyStore(folder: string): KeyStore {
  const fileOf = (name: KeyName): string => path.join(folder, name);
  return {
    read(name) {
      try {
        return readKey(folder, fileOf(name));
      } catch (cause) {
        return err({ ...fault('io_failed', fileOf(name), 'cannot be read'), cause });
      }
    },
    write: (name, text) => writeFileAtomic(fileOf(name), text),
    remove: (name) => rmSync(fileOf(name), { force: true }),
    flush: () => Promise.resolve(ok(undefined)),
  };
}

function readKey(folder: string, file: string): Result<string | undefined, Fault> {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) return ok(undefined);
  const isSecret = file.endsWith('.key');
  const tooOpen =
    (isSecret ? openTo(READABLE_BY_OTHERS, file, '600') : undefined) ??
    openTo(WRITABLE_BY_OTHERS, file, '600') ??
    openTo(WRITABLE_BY_OTHERS, folder, '700');
  return tooOpen === undefined ? ok(readFileSync(file, 'utf8')) : err(tooOpen);
}

function openTo(others: number, file: string, rightMode: string): Fault | undefined {
  const mode = statSync(file).mode & 0o777;
  if ((mode & others) === 0) return undefined;
  const can = others === READABLE_BY_OTHERS ? 'read' : 'change';
  return fault(
    'io_failed',
    file,
    `others may ${can} it (mode ${mode.toString(8)}), though this cluster's trust rests on it; run: chmod ${rightMode} ${file}`,
  );
}

/** The same in memory, for tests and simulation. */
export function createMemoryKeyStore(): KeyStore {
  const texts = new Map<KeyName, string>();
  return {
    read: (name) => ok(texts.get(name)),
    write: (name, text) => void texts.set(name, text),
    remove: (name) => void texts.delete(name),
    flush: () => Promise.resolve(ok(undefined)),
  };
}
