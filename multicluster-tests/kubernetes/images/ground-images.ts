/**
 * The images of the ground. `pause` holds a pod's namespaces; `tools` is a Debian with what tests call from pods, Node
 * and Isthmus. Each layer is made from packages and files at hand: no registry of images is asked.
 */
import { chmod, copyFile, cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { contentKey } from '../cache-folder.ts';
import { run } from '../run.ts';
import { layer, packFolder, type Layer } from './layers.ts';
import { libraryFolders } from './library-folders.ts';
import type { Image } from './stage.ts';

export const PAUSE = 'docker.io/isthmus/pause:ground';
export const TOOLS = 'docker.io/isthmus/tools:ground';

const ROOT = path.join(import.meta.dirname, '..', '..', '..');
const PACKAGES = [
  ...['bind9-dnsutils', 'ca-certificates', 'curl', 'iproute2', 'libstdc++6', 'netcat-openbsd'],
  ...['nftables', 'procps', 'socat'],
];

export async function groundImages(say: (line: string) => void): Promise<Image[]> {
  const layers = [await debianLayer(say), await nodeLayer(), await libraryLayer(), await isthmusLayer()];
  return [
    { name: PAUSE, layers: [await pauseLayer()], command: ['/bin/busybox', 'sleep', '2147483647'] },
    { name: TOOLS, layers, command: ['sleep', 'infinity'] },
  ];
}

async function pauseLayer(): Promise<Layer> {
  const busybox = '/bin/busybox';
  return layer(`pause-${contentKey(await readFile(busybox))}`, (file) =>
    packFolder(file, async (folder) => {
      await mkdir(path.join(folder, 'bin'));
      await copyFile(busybox, path.join(folder, 'bin', 'busybox'));
    }),
  );
}

async function debianLayer(say: (line: string) => void): Promise<Layer> {
  const release = /^VERSION_CODENAME=(.+)$/m.exec(await readFile('/etc/os-release', 'utf8'))?.[1] ?? 'stable';
  return layer(`debian-${contentKey(release, ...PACKAGES)}`, async (file) => {
    say('making the Debian root of the test image');
    const include = `--include=${PACKAGES.join(',')}`;
    await run(['mmdebstrap', '--variant=minbase', '--format=tar', include, release, file]);
  });
}

/** The Node that runs this: the project's pinned one. */
async function nodeLayer(): Promise<Layer> {
  return layer(`node-${contentKey(process.version, process.arch)}`, (file) =>
    packFolder(file, async (folder) => {
      const bin = path.join(folder, 'usr', 'local', 'bin');
      await mkdir(bin, { recursive: true });
      await copyFile(process.execPath, path.join(bin, 'node'));
      await chmod(path.join(bin, 'node'), 0o755);
    }),
  );
}

/** What the bundle does not carry: libraries that load parts of themselves by computed names, and native ones. */
const LIBRARIES = ['@opentelemetry/api', '@opentelemetry/sdk-node', 'koffi'];

async function libraryLayer(): Promise<Layer> {
  const lock = await readFile(path.join(ROOT, 'package-lock.json'));
  const folders = libraryFolders(ROOT, LIBRARIES);
  return layer(`libraries-${contentKey(lock, ...folders)}`, (file) =>
    packFolder(file, async (folder) => {
      for (const library of folders)
        await cp(path.join(ROOT, library), path.join(folder, 'isthmus', library), { recursive: true });
    }),
  );
}

/** What `npm run build` made, under /isthmus. */
async function isthmusLayer(): Promise<Layer> {
  const dist = path.join(ROOT, 'dist');
  const entries = await readdir(dist, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(dist, path.join(entry.parentPath, entry.name)))
    .sort();
  const contents = await Promise.all(names.map((name) => readFile(path.join(dist, name))));
  return layer(`isthmus-${contentKey(...names, ...contents)}`, (file) =>
    packFolder(file, async (folder) => {
      const home = path.join(folder, 'isthmus');
      await cp(dist, path.join(home, 'dist'), { recursive: true });
      await writeFile(path.join(home, 'package.json'), JSON.stringify({ type: 'module' }));
      await chmod(path.join(home, 'dist', 'cli', 'isthmus.js'), 0o755);
      await mkdir(path.join(folder, 'usr', 'local', 'bin'), { recursive: true });
      await symlink('/isthmus/dist/cli/isthmus.js', path.join(folder, 'usr', 'local', 'bin', 'isthmus'));
    }),
  );
}
