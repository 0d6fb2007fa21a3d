/** Takes one sample of one contender. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import type { Opened } from './contenders/contender.ts';
import { parseWrk } from './decide/parse-output.ts';
import type { Sample } from './decide/results.ts';
import { cpuSeconds, rssBytes, type Started } from './processes.ts';
import type { OpenLoopOrder, OpenLoopResult } from './programs/open-loop-child.ts';
import type { StreamOrder } from './programs/stream-client-child.ts';

const run = promisify(execFile);

export interface Peak extends Sample {
  readonly requestsPerSecond: number;
  readonly cpuPerMillion: number;
}

/** The most that 32 keep-alive connections get, by wrk: closed loop, so its latencies are not used. */
export async function measurePeak({ port, pids }: Opened, seconds: number): Promise<Peak> {
  const before = cpuSeconds(pids);
  const startedAt = performance.now();
  const args = ['-t1', '-c32', `-d${seconds}s`, `http://127.0.0.1:${port}/`];
  const { stdout } = await run('wrk', args);
  const result = parseWrk(stdout);
  if (result === undefined || result.failures > 0) throw new Error(`wrk ${args.join(' ')}:\n${stdout}`);
  const { requestsPerSecond } = result;
  const requests = (requestsPerSecond * (performance.now() - startedAt)) / 1000;
  return { requestsPerSecond, cpuPerMillion: ((cpuSeconds(pids) - before) / requests) * 1e6 };
}

export async function measureOpenLoop(client: Started, order: OpenLoopOrder): Promise<OpenLoopResult> {
  return (await client.ask(order)) as OpenLoopResult;
}

async function askStream(client: Started, order: StreamOrder): Promise<number> {
  return ((await client.ask(order)) as { readonly value: number }).value;
}

export interface StreamRun {
  readonly kind: 'bulk' | 'churn';
  readonly connections: number;
  readonly forMs: number;
}

/** Bytes or connections per second, and the proxy's CPU seconds for each GB or million connections. */
export async function measureStream(
  client: Started,
  { port, pids }: Opened,
  wish: StreamRun,
): Promise<Sample> {
  const before = cpuSeconds(pids);
  const startedAt = performance.now();
  const rate = await askStream(client, { ...wish, port });
  const done = (rate * (performance.now() - startedAt)) / 1000;
  const cpu = cpuSeconds(pids) - before;
  await delay(100);
  return wish.kind === 'bulk'
    ? { bytesPerSecond: rate, cpuPerGigabyte: (cpu / done) * 1e9 }
    : { connectionsPerSecond: rate, cpuPerMillion: (cpu / done) * 1e6 };
}

/**
 * Growth of RSS for each connection, from the first `few` to all: what the first ones cost is the start of the program
 * and its code, not the connection.
 */
export async function measureIdle(client: Started, { port, pids }: Opened, wish: IdleRun): Promise<Sample> {
  const few = await settledRss(client, pids, { kind: 'keep', port, connections: wish.few });
  const many = await settledRss(client, pids, { kind: 'keep', port, connections: wish.connections });
  await askStream(client, { kind: 'close' });
  await delay(300);
  return { bytesPerConnection: (many - few) / (wish.connections - wish.few) };
}

export interface IdleRun {
  readonly few: number;
  readonly connections: number;
}

async function settledRss(
  client: Started,
  pids: readonly number[],
  order: Extract<StreamOrder, { kind: 'keep' }>,
): Promise<number> {
  const open = await askStream(client, order);
  if (open < order.connections) throw new Error(`${open} of ${order.connections} connections are open`);
  await delay(1_000);
  return rssBytes(pids);
}
