/** Runs one of the mesh's programs as a child and starts it again when it falls, with a growing pause. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import module from 'node:module';
import path from 'node:path';
import { programArguments, type ProgramName } from './program-file.ts';

export interface Program {
  /** SIGTERM, then waits for the end. Idempotent. */
  stop(): Promise<void>;
  /** Ends it now, whatever it is doing; `stop` then resolves. */
  end(): void;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
/** A program that ran this long gets the first pause again. */
const STEADY_MS = 60_000;

export function startProgram(
  program: ProgramName,
  args: readonly string[],
  say: (text: string) => void,
): Program {
  let stopping = false;
  let pauseMs = FIRST_PAUSE_MS;
  let restart: NodeJS.Timeout | undefined;
  let child = start();

  function start(): ChildProcess {
    const startedAt = performance.now();
    const started = spawnProgram(programArguments(program, args));
    started.once('exit', (code, signal) => {
      if (stopping) return;
      if (performance.now() - startedAt > STEADY_MS) pauseMs = FIRST_PAUSE_MS;
      say(`${program} ended (${signal ?? `status ${code}`}); starting it again in ${pauseMs} ms`);
      restart = setTimeout(() => (child = start()), pauseMs);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    });
    return started;
  }

  return {
    async stop() {
      stopping = true;
      clearTimeout(restart);
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
    end() {
      stopping = true;
      clearTimeout(restart);
      child.kill('SIGKILL');
    },
  };
}

function spawnProgram(args: readonly string[]): ChildProcess {
  const cache = module.getCompileCacheDir();
  return spawn(process.execPath, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: path.dirname(cache) }) },
  });
}
