/** Programs that a run has left behind: each has the folder of its run in its command line. Linux only. */
import { readdirSync, readFileSync } from 'node:fs';

/** Kills the programs that were started with a path in `folder`, until there is none. */
export function endProgramsOf(folder: string): void {
  for (let left = programsOf(folder); left.length > 0; left = programsOf(folder)) left.forEach(end);
}

function programsOf(folder: string): readonly number[] {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  return pids.filter((pid) => commandLine(pid).includes(`${folder}/`));
}

/** Empty for one that has just ended. */
function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended between the look and the signal.
  }
}
