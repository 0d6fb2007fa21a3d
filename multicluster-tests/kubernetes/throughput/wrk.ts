/** Closed-loop load by wrk on the network of a pod, and what it says of it. */
import { cpus, loadavg } from 'node:os';
import { run } from '../run.ts';

const CONNECTIONS = 32;

export interface Measured {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the whole machine, client and application included. */
  readonly cpuMicrosPerRequest: number;
  /** Of the machine over one minute, before the load began. */
  readonly loadBefore: number;
}

export interface Wrk {
  readonly seconds: number;
  readonly url: string;
  readonly host: string;
}

/** `pid`: of a process in the pod, on whose network wrk runs. Fails if any answer was not 2xx or 3xx, or a connection failed. */
export async function runWrk(pid: number, { seconds, url, host }: Wrk): Promise<Measured> {
  const options = ['--threads', '1', '--connections', `${CONNECTIONS}`, '--latency'];
  const command = ['wrk', ...options, '--duration', `${seconds}s`, '--header', `Host: ${host}`, url];
  const [loadBefore = 0] = loadavg();
  const busyBefore = busyMs();
  const text = await run(['nsenter', `--target=${pid}`, '--net', ...command]);
  const cpuMs = busyMs() - busyBefore;
  if (/Non-2xx|Socket errors/.test(text)) throw new Error(`wrk ${url} had failures:\n${text}`);
  const requests = Number(found(text, /(\d+) requests in/));
  return {
    perSecond: Number(found(text, /Requests\/sec:\s+([\d.]+)/)),
    p50Ms: milliseconds(found(text, /^ +50% +(\S+)$/m)),
    p99Ms: milliseconds(found(text, /^ +99% +(\S+)$/m)),
    ...{ cpuMicrosPerRequest: (cpuMs * 1000) / requests, loadBefore },
  };
}

function found(text: string, pattern: RegExp): string {
  const word = pattern.exec(text)?.[1];
  if (word === undefined) throw new Error(`wrk did not say ${pattern.source}:\n${text}`);
  return word;
}

const UNITS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000 };

/** `850.00us`, `9.80ms`, `1.02s`. */
function milliseconds(word: string): number {
  const [, amount, unit = ''] = /^([\d.]+)(us|ms|s)$/.exec(word) ?? [];
  const scale = UNITS[unit];
  if (scale === undefined) throw new Error(`wrk said ${word} for a latency`);
  return Number(amount) * scale;
}

function busyMs(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
}
