/** Layers of images as tar files in the cache, each made once for what went into it. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { cacheFolder } from '../cache-folder.ts';
import { run } from '../run.ts';

export interface Layer {
  readonly file: string;
  readonly sha256: string;
}

/** `key` names the inputs; `make` writes the tar file it is told, and runs only when there is none of that key. */
export async function layer(key: string, make: (file: string) => Promise<void>): Promise<Layer> {
  const file = path.join(cacheFolder(), 'layers', `${key}.tar`);
  const digest = `${file}.sha256`;
  if (existsSync(digest)) return { file, sha256: await readFile(digest, 'utf8') };
  const partial = `${file}.${process.pid}`;
  await mkdir(path.dirname(file), { recursive: true });
  await make(partial);
  const hash = createHash('sha256');
  await pipeline(createReadStream(partial), hash);
  const sha256 = hash.digest('hex');
  await rename(partial, file);
  await writeFile(digest, sha256);
  return { file, sha256 };
}

/** Packs a folder that `fill` fills; every file is root's. */
export async function packFolder(file: string, fill: (folder: string) => Promise<void>): Promise<void> {
  const folder = `${file}.folder`;
  await mkdir(folder, { recursive: true });
  try {
    await fill(folder);
    const same = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
    await run(['tar', '--create', ...same, '--file', file, '--directory', folder, '.']);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
