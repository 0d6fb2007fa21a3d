import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { endProgramsOf } from './left-behind.ts';

const started: ChildProcess[] = [];
afterEach(() => started.splice(0).forEach((child) => child.kill('SIGKILL')));

/** Runs until it is killed. */
async function program(...args: readonly string[]): Promise<ChildProcess> {
  const script = 'console.log("runs"); setInterval(() => 0, 1000)';
  const child = spawn(process.execPath, ['-e', script, '--', ...args]);
  started.push(child);
  await once(child.stdout, 'data');
  return child;
}

it('ends the programs of one run, and of no other', async () => {
  const folder = path.join(tmpdir(), `run-${process.pid}`);
  const left = [await program('--dir', `${folder}/east`), await program(`--dir=${folder}/west`)];
  const other = await program('--dir', `${folder}-of-another/east`);
  endProgramsOf(folder);
  const signals = (): unknown[] => left.map(({ signalCode }) => signalCode);
  await vi.waitFor(() => expect(signals()).toEqual(['SIGKILL', 'SIGKILL']), { timeout: 3000 });
  expect([other.exitCode, other.signalCode]).toEqual([null, null]);
});
