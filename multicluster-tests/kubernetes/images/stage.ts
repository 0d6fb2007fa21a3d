/**
 * An image as a folder in the form that `docker save` writes and containerd imports: manifest, config and layers. The
 * layers are links into the cache, so that staging an image of hundreds of megabytes costs nothing.
 */
import { createHash } from 'node:crypto';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Layer } from './layers.ts';

export interface Image {
  readonly name: string;
  readonly layers: readonly Layer[];
  readonly command: readonly string[];
}

export interface StagedImage {
  readonly folder: string;
}

const ARCHITECTURES: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', arm64: 'arm64' };

export async function stageImage(image: Image, folder: string): Promise<StagedImage> {
  await mkdir(folder, { recursive: true });
  const layers = image.layers.map(({ sha256 }) => `${sha256}.tar`);
  for (const { file, sha256 } of image.layers) await symlink(file, path.join(folder, `${sha256}.tar`));
  const config = JSON.stringify({
    architecture: ARCHITECTURES[process.arch] ?? process.arch,
    os: 'linux',
    config: { Cmd: image.command, Env: [`PATH=${SEARCHED}`] },
    rootfs: { type: 'layers', diff_ids: image.layers.map(({ sha256 }) => `sha256:${sha256}`) },
  });
  const configName = `${createHash('sha256').update(config).digest('hex')}.json`;
  await writeFile(path.join(folder, configName), config);
  const manifest = [{ Config: configName, RepoTags: [image.name], Layers: layers }];
  await writeFile(path.join(folder, 'manifest.json'), JSON.stringify(manifest));
  return { folder };
}

const SEARCHED = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
