/** The processes of a run: started here, measured from outside through /proc, and ended here whatever happens. */
import { fork, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseCpuTicks, parseRssBytes } from './decide/parse-output.ts';

/** What /proc counts CPU time in, on every Linux. */
const TICKS_PER_SECOND = 100;
const START_MS = 10_000;

export interface Started {
  readonly pid: number;
  /** Of a child that is a program of ours: sends a message and resolves with the answer. */
  ask(message: object): Promise<unknown>;
}

export class Processes {
  readonly #dir = mkdtempSync(path.join(tmpdir(), 'isthmus-bench-'));
  /** Each leads a group: killing nginx's master alone would leave its workers. */
  readonly #children = new Set<ChildProcess>();
  #files = 0;

  /** Writes a file that only this run reads; answers its path. */
  file(name: string, text: string): string {
    const file = path.join(this.#dir, `${(this.#files += 1)}-${name}`);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  }

  get dir(): string {
    return this.#dir;
  }

  /** Starts a program that listens on `port`; resolves when it does. */
  async server(command: readonly [string, ...string[]], port: number): Promise<Started> {
    const [program, ...args] = command;
    const name = path.basename(program);
    const log = path.join(this.#dir, `${(this.#files += 1)}-${name}.log`);
    const out = openSync(log, 'w');
    const child = this.#keep(spawn(program, args, { stdio: ['ignore', out, out], detached: true }));
    closeSync(out);
    await until(async () => {
      if (child.exitCode !== null)
        throw new Error(`${name} ended: ${readFileSync(log, 'utf8').slice(-2000)}`);
      return canConnect(port);
    }, `${name} does not listen on ${port}`);
    return { pid: child.pid ?? 0, ask: () => Promise.reject(new Error(`${name} answers no messages`)) };
  }

  /**
   * Starts one of the programs in `programs/`; `first` is the message it sends when it is ready. A part of the product
   * runs with the flags (`execArgv`) that the product runs it with.
   */
  async program<T>(
    file: string,
    input: object,
    execArgv: readonly string[] = [],
  ): Promise<Started & { readonly first: T }> {
    const log = openSync(path.join(this.#dir, `${(this.#files += 1)}-${file}.log`), 'w');
    const child = this.#keep(
      fork(path.join(import.meta.dirname, 'programs', file), [JSON.stringify(input)], {
        stdio: ['ignore', log, log, 'ipc'],
        execArgv: [...execArgv],
        detached: true,
      }),
    );
    closeSync(log);
    const first = (await answerOf(child, file)) as T;
    return {
      ...{ pid: child.pid ?? 0, first },
      ask: (message) => {
        child.send(message);
        return answerOf(child, file);
      },
    };
  }

  /** Ends the processes and waits for their end. */
  async stop(): Promise<void> {
    const running = [...this.#children].filter(isRunning);
    this.#children.clear();
    const ends = running.map((child) => once(child, 'exit'));
    for (const child of running) child.kill('SIGTERM');
    const late = setTimeout(() => running.filter(isRunning).forEach((child) => child.kill('SIGKILL')), 2_000);
    await Promise.all(ends);
    clearTimeout(late);
  }

  /** For the end of the run, when there is no time to wait. */
  abandon(): void {
    for (const child of this.#children) if (isRunning(child)) process.kill(-(child.pid ?? 0), 'SIGKILL');
    rmSync(this.#dir, { recursive: true, force: true });
  }

  #keep(child: ChildProcess): ChildProcess {
    this.#children.add(child);
    return child;
  }
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}

function answerOf(child: ChildProcess, name: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onExit = (): void => reject(new Error(`${name} ended before it answered`));
    child.once('exit', onExit);
    child.once('message', (message) => {
      child.off('exit', onExit);
      resolve(message);
    });
  });
}

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function until(check: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + START_MS;
  while (!(await check())) {
    if (performance.now() > deadline) throw new Error(what);
    await delay(20);
  }
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** CPU seconds so far of these processes and their children. */
export function cpuSeconds(pids: readonly number[]): number {
  return sum(pids.flatMap(familyOf).map((pid) => parseCpuTicks(proc(pid, 'stat')))) / TICKS_PER_SECOND;
}

export function rssBytes(pids: readonly number[]): number {
  return sum(pids.flatMap(familyOf).map((pid) => parseRssBytes(proc(pid, 'status'))));
}

function familyOf(pid: number): number[] {
  const children = proc(pid, `task/${pid}/children`).trim();
  return [pid, ...(children === '' ? [] : children.split(' ').flatMap((child) => familyOf(Number(child))))];
}

function proc(pid: number, file: string): string {
  return readFileSync(`/proc/${pid}/${file}`, 'utf8');
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

/** What the program prints of its version, stderr included; undefined when it is not installed. */
export function versionText(program: string, flag: string): string | undefined {
  const { error, stdout, stderr } = spawnSync(program, [flag], { encoding: 'utf8' });
  return error === undefined ? stdout + stderr : undefined;
}
