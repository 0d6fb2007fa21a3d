/** Runs one of the mesh's programs as a child and starts it again when it falls, with a growing pause. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import module from 'node:module';
import path from 'node:path';
import { programArguments } from './program-file.ts';
import type { ProgramName } from '../mesh/adapters/program-flags.ts';

export interface Program {
  /** From now on it is not started again. */
  retire(): void;
  /** SIGTERM, then waits for the end; SIGKILL when that does not come. Idempotent. */
  stop(): Promise<void>;
  /** Ends it now, whatever it is doing; `stop` then resolves. */
  end(): void;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
/** A program that ran this long gets the first pause again. */
const STEADY_MS = 60_000;
/** The longest drain of a gateway takes 60 s. */
const STOP_MS = 75_000;

export function startProgram(
  program: ProgramName,
  args: readonly string[],
  say: (text: string) => void,
): Program {
  return supervise(() => spawnProgram(programArguments(program, args)), { name: program, say });
}

export interface Supervision {
  readonly name: string;
  readonly say: (text: string) => void;
  /** How long a child may take to end once it is asked. Default 75,000. */
  readonly stopMs?: number;
}

export function supervise(
  spawnChild: () => ChildProcess,
  { name, say, stopMs = STOP_MS }: Supervision,
): Program {
  let retired = false;
  let pauseMs = FIRST_PAUSE_MS;
  let restart: NodeJS.Timeout | undefined;
  let child = start();

  function start(): ChildProcess {
    const startedAt = performance.now();
    const started = spawnChild();
    started.once('exit', (code, signal) => {
      if (retired) return;
      if (performance.now() - startedAt > STEADY_MS) pauseMs = FIRST_PAUSE_MS;
      say(`${name} ended (${signal ?? `status ${code}`}); starting it again in ${pauseMs} ms`);
      restart = setTimeout(() => (child = start()), pauseMs);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    });
    return started;
  }

  function retire(): void {
    retired = true;
    clearTimeout(restart);
  }

  return {
    retire,
    async stop() {
      retire();
      await terminate(child, stopMs, () =>
        say(`${name} has not ended within ${stopMs / 1000} s of being asked; killing it`),
      );
    },
    end() {
      retire();
      child.kill('SIGKILL');
    },
  };
}

/** `overdue` is called before SIGKILL. */
async function terminate(child: ChildProcess, stopMs: number, overdue: () => void): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const timer = setTimeout(() => {
    overdue();
    child.kill('SIGKILL');
  }, stopMs);
  child.kill('SIGTERM');
  await once(child, 'exit');
  clearTimeout(timer);
}

function spawnProgram(args: readonly string[]): ChildProcess {
  const cache = module.getCompileCacheDir();
  return spawn(process.execPath, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: path.dirname(cache) }) },
  });
}
