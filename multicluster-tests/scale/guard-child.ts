/**
 * Outlives the run that started it, and cleans up when that was killed: its stdin ends with the run, whatever ends that.
 * `node guard-child.ts <folder of the run>`
 */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { endProgramsOf } from './left-behind.ts';

const [folder = ''] = process.argv.slice(2);
if (!path.isAbsolute(folder)) throw new Error('the folder of the run is given by its absolute path');
process.stdin.resume().on('end', () => {
  endProgramsOf(folder);
  rmSync(folder, { recursive: true, force: true });
});
