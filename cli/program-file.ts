/** Where the mesh's programs are, and how Node runs them: from the sources, or from what is shipped. */
import path from 'node:path';
import { programFlags, type ProgramName } from '../mesh/adapters/program-flags.ts';

/** The arguments of Node that run a program. In `dist/` the programs lie beside each other as in the sources. */
export function programArguments(program: ProgramName, args: readonly string[]): string[] {
  const { dirname, filename } = import.meta;
  const file = path.join(dirname, '..', program, `main${path.extname(filename)}`);
  return [...programFlags(program), file, ...args];
}
