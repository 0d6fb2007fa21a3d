/** Child processes of the demo: each leads a process group, so that one signal reaches all that it started. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export const ROOT = path.join(import.meta.dirname, '..', '..');
const CLI = path.join(ROOT, 'dist', 'cli', 'isthmus.js');

export interface Process {
  /** Of the process that leads the group. */
  readonly pid: number | undefined;
  readonly ended: () => boolean;
  /** Signals the whole group; does nothing once it has ended. */
  signal(signal: NodeJS.Signals): void;
  /** SIGTERM, after 10 s SIGKILL; waits for the end. */
  stop(): Promise<void>;
}

const STOP_MS = 10_000;

/** Starts `isthmus <args>` in the background; its output goes to `logFile`. */
export function startIsthmus(args: readonly string[], logFile: string): Process {
  const log = createWriteStream(logFile, { flags: 'a' });
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  return handle(child);
}

function handle(child: ChildProcess): Process {
  const ended = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const signal = (name: NodeJS.Signals): void => {
    if (child.pid === undefined || ended()) return;
    try {
      process.kill(-child.pid, name);
    } catch {
      // The group ended between the check and the signal.
    }
  };
  return {
    ...{ pid: child.pid, ended, signal },
    async stop() {
      if (ended()) return;
      const exit = once(child, 'exit');
      signal('SIGTERM');
      signal('SIGCONT');
      const late = setTimeout(() => signal('SIGKILL'), STOP_MS);
      await exit;
      clearTimeout(late);
    },
  };
}

/** Runs `isthmus <args>` to its end and answers its stdout; throws with its stderr when it fails. */
export async function runIsthmus(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [CLI, ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`isthmus ${args.join(' ')} ended with status ${code}:\n${stderr}`);
  return stdout;
}

/** By this process: who asks at the same time must not be given the same. */
const given = new Set<number>();

/**
 * Ports that are free now, all different, below the range that outgoing connections take theirs from: a killed
 * cluster must find its ports free again.
 */
export async function freePorts(count: number): Promise<number[]> {
  const found: number[] = [];
  while (found.length < count) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) found.push(port);
  }
  return found;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** Asks `check` every 50 ms until it answers something; throws with `what` after `timeoutMs`. */
export async function until<T>(
  what: string,
  timeoutMs: number,
  check: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = await check().catch(() => undefined);
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${timeoutMs / 1000} s`);
    await delay(50);
  }
}
