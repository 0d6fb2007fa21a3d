/** A program of a ground: it writes to a log file of its own, and goes on when the process that started it ends. */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

export interface Program {
  readonly name: string;
  readonly logFile: string;
  /** Of the process that was started here. */
  readonly pid: number;
  readonly ended: () => boolean;
}

export function startLogged(
  name: string,
  logFile: string,
  [command = '', ...args]: readonly string[],
): Program {
  const log = openSync(logFile, 'a');
  const child = spawn(command, args, { detached: true, cwd: '/', stdio: ['ignore', log, log] });
  closeSync(log);
  child.unref();
  const ended = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return { name, logFile, ended, pid: child.pid ?? 0 };
}
