/** Runs a program to its end and answers what it printed; throws with what it complained of when it fails. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface RunOptions {
  /** Standard input. */
  readonly input?: string;
  /** Added to this process's own environment. */
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
  /** Answers what was printed on standard error too, before the rest. */
  readonly withErrors?: boolean;
}

export async function run(command: readonly string[], options: RunOptions = {}): Promise<string> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs, killSignal: 'SIGKILL' }),
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  // A program may end without having read its input.
  child.stdin.on('error', () => undefined).end(options.input ?? '');
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  if (code === 0) return options.withErrors === true ? stderr + stdout : stdout;
  const end = signal === null ? `status ${code}` : signal;
  throw new Error(`${command.join(' ')} ended with ${end}:\n${stderr || stdout}`);
}

/** Whether it can be run and ends with status 0, in time. */
export async function succeeds(command: readonly string[], timeoutMs?: number): Promise<boolean> {
  return run(command, timeoutMs === undefined ? {} : { timeoutMs }).then(
    () => true,
    () => false,
  );
}
