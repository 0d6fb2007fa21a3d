/** The folders of a library and of all that it needs, as they lie in node_modules. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  /** Of these, what fits this machine is there. */
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Relative to `root`, which holds node_modules; each folder once, in order. */
export function libraryFolders(root: string, libraries: readonly string[]): readonly string[] {
  const found = new Set<string>();
  const visit = (library: string, from: string): void => {
    const folder = resolve(library, from, root);
    if (folder === undefined || found.has(folder)) return;
    found.add(folder);
    const manifest = JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8')) as Manifest;
    for (const needed of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }))
      visit(needed, folder);
  };
  for (const library of libraries) visit(library, '.');
  return [...found].sort();
}

/** As Node does: beside the one that asks, then further up. */
function resolve(library: string, from: string, root: string): string | undefined {
  for (let at = from; ; at = path.dirname(at)) {
    const folder = path.join(at, 'node_modules', library);
    if (existsSync(path.join(root, folder, 'package.json'))) return folder;
    if (at === '.') return undefined;
  }
}
