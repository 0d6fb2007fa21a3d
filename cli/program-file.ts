/** Where the mesh's programs are, and how Node runs them: from the sources, or from what is shipped. */
import path from 'node:path';

export type ProgramName = 'federation' | 'gateway' | 'sidecar';

/**
 * Proxies share their cores with what they serve. A collection of the young generation is short, and waiting for helper
 * threads to get a core makes it long; only marking, the long part of a full collection, stays concurrent.
 */
const PROXY_FLAGS = ['--max-semi-space-size=8', '--single-threaded-gc', '--concurrent-marking'];
/** Most of what a controller makes is garbage at once; little of it is held at a time. */
const CONTROLLER_FLAGS = ['--max-semi-space-size=4'];

/** The options of Node and V8 that a program runs with. */
export function programFlags(program: ProgramName): readonly string[] {
  return program === 'federation' ? CONTROLLER_FLAGS : PROXY_FLAGS;
}

/** The arguments of Node that run a program. In `dist/` the programs lie beside each other as in the sources. */
export function programArguments(program: ProgramName, args: readonly string[]): string[] {
  const { dirname, filename } = import.meta;
  const file = path.join(dirname, '..', program, `main${path.extname(filename)}`);
  return [...programFlags(program), file, ...args];
}
