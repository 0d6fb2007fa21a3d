import { open, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Place } from '../../../crds/kind.ts';
import { unreadableFile, type SourceContent } from '../objects/source-content.ts';
import { readManifests, tooLarge } from './read-manifests.ts';

const MAX_BYTES = 1024 * 1024;

/** Whether this path, relative to `manifests/`, is one that is read: YAML, and no part of it hidden. */
export function isManifestName(name: string): boolean {
  return /\.ya?ml$/.test(name) && !/(^|\/)\./.test(name);
}

export interface Listing {
  /** In order. */
  readonly files: readonly string[];
  /** Those that were listed, the root as ''. */
  readonly folders: readonly string[];
}

/**
 * Paths relative to the root, with `/`; no files when it is not there. Links to files are followed, links to folders
 * are not: one can lead around in a circle, or to the whole disk.
 */
export async function listManifests(root: string): Promise<Listing> {
  const files: string[] = [];
  const folders = [''];
  // Grows while it is gone through.
  for (const folder of folders) {
    const entries = await readdir(path.join(root, folder), { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory() && !entry.name.startsWith('.')) folders.push(name);
      else if (isManifestName(name)) files.push(name);
    }
  }
  return { files: files.sort(), folders };
}

/** What a file was when it was looked at: any write changes `stamp`. */
export interface FileLook {
  readonly stamp: string;
  readonly empty: boolean;
}

/** Undefined when it is not there, or no regular file. */
export async function lookAtFile(file: string): Promise<FileLook | undefined> {
  const found = await stat(file, { bigint: true }).catch(
    (error: NodeJS.ErrnoException) => error.code ?? 'EIO',
  );
  if (found === 'ENOENT' || found === 'ENOTDIR') return undefined;
  if (typeof found === 'string') return { stamp: found, empty: false };
  if (!found.isFile()) return undefined;
  const { ino, size, mtimeNs, ctimeNs } = found;
  return { stamp: [ino, size, mtimeNs, ctimeNs].join(' '), empty: size === 0n };
}

/** Reads at most 1 MiB. `name` is the path under `root`. */
export async function readManifestFile(root: string, name: string, place: Place): Promise<SourceContent> {
  const shown = name.replace(/\p{Cc}/gu, '?').slice(0, 256);
  const read = await readStart(path.join(root, name)).catch((error: NodeJS.ErrnoException) => error);
  if (read instanceof Error) return unreadableFile(shown, `cannot be read: ${read.code ?? read.message}`);
  const text = read.toString('utf8');
  return read.length > MAX_BYTES ? tooLarge(shown, text) : readManifests({ name: shown, text }, place);
}

/** The first bytes of a file, one more than allowed. */
async function readStart(file: string): Promise<Buffer> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const buffer = Buffer.alloc(Math.min(size + 1, MAX_BYTES + 1));
    let filled = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, filled);
      filled += bytesRead;
      if (bytesRead === 0 || filled === buffer.length) return buffer.subarray(0, filled);
    }
  } finally {
    await handle.close();
  }
}
