/** Running a workload: the application as a child process with its sidecar around it. Here: the child. */
import { spawn, type ChildProcess } from 'node:child_process';
import net from 'node:net';
import { err, ok, type Result } from '../../mesh/kit/result.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';

interface ApplicationEnd {
  /** As a shell tells it: 128 + the number of a signal. */
  readonly exitCode: number;
}

export interface Application {
  /** Resolves when it has ended, or could not be started (127, as a shell does). */
  readonly ended: Promise<ApplicationEnd>;
  signal(signal: NodeJS.Signals): void;
}

const SIGNAL_NUMBERS: Partial<Record<NodeJS.Signals, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGKILL: 9,
  SIGTERM: 15,
};

export function startApplication(
  command: readonly string[],
  env: NodeJS.ProcessEnv,
): Result<Application, Fault> {
  const [file, ...args] = command;
  if (file === undefined) return err(fault('config_invalid', 'command', 'is empty'));
  const child = spawn(file, args, { stdio: 'inherit', env });
  return ok({
    ended: endOf(child),
    signal: (signal) => {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    },
  });
}

function endOf(child: ChildProcess): Promise<ApplicationEnd> {
  return new Promise((resolve) => {
    child.once('error', () => resolve({ exitCode: 127 }));
    child.once('exit', (code, signal) => {
      resolve({ exitCode: code ?? 128 + (SIGNAL_NUMBERS[signal ?? 'SIGKILL'] ?? 0) });
    });
  });
}

/** Whether something accepts connections on the local port now. */
export function acceptsConnections(port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port });
    const settle = (accepts: boolean): void => {
      socket.destroy();
      resolve(accepts);
    };
    socket.setTimeout(timeoutMs, () => settle(false));
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
}
