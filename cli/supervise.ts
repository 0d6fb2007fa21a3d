/** Runs one of the mesh's programs as a child and starts it again when it falls, with a growing pause. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import module from 'node:module';
import path from 'node:path';

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

/** Small young generation: these programs hold little, and an idle one should cost little. */
const V8_FLAGS = ['--max-semi-space-size=4'];

export function startProgram(file: string, args: readonly string[], say: (text: string) => void): Program {
  let stopping = false;
  let pauseMs = FIRST_PAUSE_MS;
  let restart: NodeJS.Timeout | undefined;
  let child = start();

  function start(): ChildProcess {
    const startedAt = performance.now();
    const started = spawnProgram(file, args);
    started.once('exit', (code, signal) => {
      if (stopping) return;
      if (performance.now() - startedAt > STEADY_MS) pauseMs = FIRST_PAUSE_MS;
      say(`${file} ended (${signal ?? `status ${code}`}); starting it again in ${pauseMs} ms`);
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

function spawnProgram(file: string, args: readonly string[]): ChildProcess {
  const main = path.join(import.meta.dirname, '..', file);
  const cache = module.getCompileCacheDir();
  return spawn(process.execPath, [...V8_FLAGS, main, ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: path.dirname(cache) }) },
  });
}
