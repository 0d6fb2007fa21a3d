/** Processor time of the programs of the scale test: unlike a latency, it says the same on a machine that is busy. */
import { readFile } from 'node:fs/promises';
import type { ScaleCluster } from './cluster.ts';

/** Milliseconds of processor since the start of each program, all of its threads. */
export type ProcessorTimes = ReadonlyMap<string, number>;

/** Of all programs that run now, and of this one, which measures. */
export async function readProcessorTimes(clusters: readonly ScaleCluster[]): Promise<ProcessorTimes> {
  const programs = (await Promise.all(clusters.map((cluster) => cluster.programs()))).flat();
  const running = [...programs, { name: 'this measurement', pid: process.pid }];
  return new Map(
    await Promise.all(
      running.map(async ({ name, pid }) => {
        const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
        return [name, processorMs(stat)] as const;
      }),
    ),
  );
}

/** Linux counts in hundredths of a second, whatever the kernel's own clock. */
const TICK_MS = 10;

/** From `/proc/<pid>/stat`, see proc_pid_stat(5): fields 14, utime, and 15, stime. */
export function processorMs(stat: string): number {
  // Field 2, the name of the program, may have spaces and brackets in it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** Of each program that runs since before, in milliseconds, divided by `count`. */
export function spentEach(before: ProcessorTimes, after: ProcessorTimes, count: number): ProcessorTimes {
  const spent = [...before].map(
    ([name, ms]) => [name, ((after.get(name) ?? Infinity) - ms) / count] as const,
  );
  return new Map(spent);
}
