/**
 * Where the ground keeps what is long in the making and the same for every run: programs built from Go and layers of
 * images. Outside the repository; may be deleted at any time.
 */
import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import path from 'node:path';

export function cacheFolder(): string {
  return path.join(process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'), 'isthmus-ground');
}

/** Names what is made from these inputs: other inputs, other name. */
export function contentKey(...inputs: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const input of inputs) hash.update(`${input.length}:`).update(input);
  return hash.digest('hex').slice(0, 16);
}
