/** Reads what wrk and the kernel's /proc files say. */

export interface WrkResult {
  readonly requestsPerSecond: number;
  /** Answers other than 2xx and 3xx, and socket errors: a run with any of them measures something else. */
  readonly failures: number;
}

/** Undefined: it is not the output of a run that came to its end. */
export function parseWrk(output: string): WrkResult | undefined {
  const rate = /^Requests\/sec:\s+([0-9.]+)$/m.exec(output)?.[1];
  if (rate === undefined) return undefined;
  const wrong = /^\s*Non-2xx or 3xx responses: (\d+)$/m.exec(output)?.[1] ?? '0';
  const errors = /^\s*Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)$/m.exec(output);
  const socketErrors = errors?.slice(1).reduce((sum, count) => sum + Number(count), 0) ?? 0;
  return { requestsPerSecond: Number(rate), failures: Number(wrong) + socketErrors };
}

/** User and system time of a process in clock ticks, from /proc/<pid>/stat. Its name may hold blanks and parentheses. */
export function parseCpuTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** Resident bytes, from /proc/<pid>/status. */
export function parseRssBytes(status: string): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

/** `nginx version: nginx/1.22.1`, `HAProxy version 2.6.12-1 2023/12/16`, `.../envoy  version: <hash>/1.40.0/Clean/...`. */
export function parseVersion(output: string): string {
  return /(\d+\.\d+\.\d+)/.exec(output)?.[1] ?? 'unknown';
}
