/** Reads a file that others may have written: a regular one, and no more of it than it may have. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/** Throws when the file is not there, is not a regular file, or has more than `maxBytes`. A pipe is not waited for. */
export function readBounded(file: string, maxBytes: number): Buffer {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const found = fstatSync(descriptor);
    if (!found.isFile()) throw new Error(`${file} is not a regular file`);
    if (found.size > maxBytes) throw new Error(`${file} has more than ${maxBytes} bytes`);
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
