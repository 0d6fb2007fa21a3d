import { statSync, watch, type FSWatcher } from 'node:fs';
import path from 'node:path';

export interface FolderWatch {
  /** Watches anew where the folder was replaced or watching failed. Cheap when nothing happened. */
  renew(): void;
  /** Why changes are not seen at once, when they are not. */
  trouble(): string | undefined;
  stop(): void;
}

/** Calls `changed` with the relative path of what changed in the folder or below, or undefined when that is unknown. */
export function watchFolder(root: string, changed: (name: string | undefined) => void): FolderWatch {
  let watcher: FSWatcher | undefined;
  let inode: bigint | undefined;
  let trouble: string | undefined;

  const close = (): void => {
    watcher?.close();
    watcher = undefined;
  };
  const failed = (error: unknown): void => {
    trouble = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    close();
  };
  const renew = (): void => {
    const now = statSync(root, { bigint: true, throwIfNoEntry: false })?.ino;
    if (watcher !== undefined && now === inode) return;
    close();
    inode = now;
    if (now === undefined) return;
    try {
      watcher = watch(root, { recursive: true, persistent: true }, (_event, name) =>
        changed(name?.split(path.sep).join('/')),
      );
      watcher.on('error', failed);
      trouble = undefined;
    } catch (error) {
      failed(error);
    }
  };
  renew();
  return { renew, trouble: () => trouble, stop: close };
}
