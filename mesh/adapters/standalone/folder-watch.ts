/**
 * Watches each folder by itself: Node's own recursive watch holds a watch for each file too, and lists the folder again at
 * every change in it.
 */
import { lstatSync, statSync, watch, type FSWatcher } from 'node:fs';
import path from 'node:path';
import { isManifestName } from './manifest-files.ts';

interface Watched {
  readonly inode: bigint;
  readonly watcher: FSWatcher;
}

export class FolderWatch {
  readonly #root: string;
  readonly #changed: (name: string | undefined) => void;
  readonly #watched = new Map<string, Watched>();
  #trouble: string | undefined;

  /** `changed` is given the path of a file, relative to the root, or undefined when it may be any file. */
  constructor(root: string, changed: (name: string | undefined) => void) {
    this.#root = root;
    this.#changed = changed;
  }

  /**
   * Watches exactly these folders, relative to the root, anew where one was replaced or watching it failed. Cheap when
   * nothing happened. True when a watch is new: what happened in its folder before was not told.
   */
  cover(folders: readonly string[]): boolean {
    this.#trouble = undefined;
    for (const folder of this.#watched.keys()) if (!folders.includes(folder)) this.#close(folder);
    const opened = folders.filter((folder) => this.#renew(folder));
    return opened.length > 0;
  }

  /** Why changes are not seen at once, when they are not. */
  trouble(): string | undefined {
    return this.#trouble;
  }

  stop(): void {
    for (const folder of this.#watched.keys()) this.#close(folder);
  }

  /** Whether it is watched from now on. */
  #renew(folder: string): boolean {
    try {
      const inode = statSync(path.join(this.#root, folder), { bigint: true, throwIfNoEntry: false })?.ino;
      if (inode !== undefined && inode === this.#watched.get(folder)?.inode) return false;
      this.#close(folder);
      if (inode !== undefined) this.#watched.set(folder, { inode, watcher: this.#open(folder) });
      return inode !== undefined;
    } catch (error) {
      this.#failed(folder, error);
      return false;
    }
  }

  #open(folder: string): FSWatcher {
    const watcher = watch(path.join(this.#root, folder), (_event, name) =>
      this.#tell(name === null ? undefined : path.posix.join(folder, name)),
    );
    return watcher.on('error', (error) => this.#failed(folder, error));
  }

  #tell(name: string | undefined): void {
    if (name !== undefined && isManifestName(name)) this.#changed(name);
    else if (name === undefined || this.#leadsToFiles(name)) this.#changed(undefined);
  }

  /** Folders and links do, and folders that were; the other files that editors make do not. */
  #leadsToFiles(name: string): boolean {
    try {
      const found = lstatSync(path.join(this.#root, name), { throwIfNoEntry: false });
      return found === undefined ? this.#watched.has(name) : !found.isFile();
    } catch {
      return true;
    }
  }

  #failed(folder: string, error: unknown): void {
    this.#trouble = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    this.#close(folder);
  }

  #close(folder: string): void {
    this.#watched.get(folder)?.watcher.close();
    this.#watched.delete(folder);
  }
}
