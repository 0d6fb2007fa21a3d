/**
 * The folder of a standalone cluster: `cluster.yaml`, `manifests/` (yours to edit), `trust/` (keys), `state/` (what the
 * programs remember), `run/` (where the running programs are). Proxies read this file: it loads no YAML.
 */
import { readFileSync, rmSync, statSync } from 'node:fs';
import { uptime } from 'node:os';
import path from 'node:path';
import { err, ok, type Result } from '../../kit/result.ts';
import type { ListenAddress } from '../../model/cluster-config.ts';
import { fault, type Fault } from '../../model/fault.ts';
import { writeFileAtomic } from '../files/atomic-write.ts';

export interface ClusterFolder {
  readonly config: string;
  readonly manifests: string;
  readonly trust: string;
  readonly state: string;
  readonly run: string;
}

export function clusterFolder(dir: string): ClusterFolder {
  const at = (name: string): string => path.join(dir, name);
  return {
    config: at('cluster.yaml'),
    manifests: at('manifests'),
    trust: at('trust'),
    state: at('state'),
    run: at('run'),
  };
}

/** Where a running controller is: written when all its listeners are up, read by proxies and the CLI. */
export interface RunInfo {
  readonly pid: number;
  readonly federation: ListenAddress;
  readonly join: ListenAddress;
  readonly discovery: ListenAddress;
  readonly enrolment: ListenAddress;
  readonly admin: ListenAddress;
  /** Bearer token of the admin API. */
  readonly token: string;
}

const LISTENERS = ['federation', 'join', 'discovery', 'enrolment', 'admin'] as const;

function runInfoFile(dir: string): string {
  return path.join(clusterFolder(dir).run, 'controller.json');
}

/** Mode 0600: it holds the admin token. */
export function writeRunInfo(dir: string, info: RunInfo): void {
  writeFileAtomic(runInfoFile(dir), JSON.stringify(info));
}

/** Removes what this process wrote; that of a successor stays. */
export function removeRunInfo(dir: string, pid: number): void {
  if (readInfo(runInfoFile(dir))?.pid === pid) rmSync(runInfoFile(dir), { force: true });
}

/** `unavailable` when none has run, or the one that wrote it does not run any more. */
export function readRunInfo(dir: string): Result<RunInfo, Fault> {
  const file = runInfoFile(dir);
  const writtenAt = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  if (writtenAt === undefined) {
    return err(fault('unavailable', dir, 'no controller runs here; start it: isthmus up'));
  }
  const info = readInfo(file);
  if (info === undefined) {
    return err(fault('io_failed', file, 'is damaged; restart the controller: isthmus up'));
  }
  const bootedAt = Date.now() - uptime() * 1000;
  if (writtenAt < bootedAt || !isRunning(info.pid)) {
    return err(
      fault('unavailable', dir, `its controller (process ${info.pid}) has ended; start it: isthmus up`),
    );
  }
  return ok(info);
}

function readInfo(file: string): RunInfo | undefined {
  try {
    const info = JSON.parse(readFileSync(file, 'utf8')) as Partial<RunInfo>;
    return isRunInfo(info) ? info : undefined;
  } catch {
    return undefined;
  }
}

function isRunInfo(info: Partial<RunInfo>): info is RunInfo {
  const reachable = LISTENERS.every((name) => {
    const address = info[name];
    return typeof address?.host === 'string' && Number.isInteger(address.port);
  });
  return reachable && Number.isSafeInteger(info.pid) && typeof info.token === 'string';
}

/** A process of another user is there too, though it may not be signalled. */
function isRunning(pid: number): boolean {
  if (pid <= 0) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
