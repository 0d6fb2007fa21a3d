/** Where the mesh's programs are, and how Node runs them: from the sources, or from what is shipped. */
import path from 'node:path';

export type ProgramName = 'federation' | 'gateway' | 'sidecar';

/** Small young generation: these programs hold little, and an idle one should cost little. */
const V8_FLAGS = ['--max-semi-space-size=4'];

/** The arguments of Node that run a program. In `dist/` the programs lie beside each other as in the sources. */
export function programArguments(program: ProgramName, args: readonly string[]): string[] {
  const { dirname, filename } = import.meta;
  return [...V8_FLAGS, path.join(dirname, '..', program, `main${path.extname(filename)}`), ...args];
}
