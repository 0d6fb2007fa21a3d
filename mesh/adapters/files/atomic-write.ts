/** Replaces a file whole: readers see the old text or the new one, and the new one survives a crash. */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

let counter = 0;

/** Mode 0600 in a folder of mode 0700 unless said otherwise. */
export function writeFileAtomic(file: string, text: string, mode = 0o600): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${process.pid}.${++counter}.tmp`;
  try {
    withFile(temporary, { flags: 'wx', mode }, (descriptor) => {
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  // The new name itself is in the folder.
  withFile(path.dirname(file), { flags: 'r' }, fsyncSync);
}

function withFile(
  file: string,
  { flags, mode }: { flags: string; mode?: number },
  use: (descriptor: number) => void,
): void {
  const descriptor = openSync(file, flags, mode);
  try {
    use(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
