/** The gateway as a process, before there is any controller. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../gateway/testing/running.ts';
import { clusterFolder, writeClusterConfig } from '../mesh/adapters/standalone/cluster-folder.ts';
import { createMesh } from '../mesh/adapters/trust/authority.ts';
import { openFolderKeyStore } from '../mesh/adapters/trust/folder-key-store.ts';
import type { ClusterName, MeshName } from '../mesh/model/names.ts';

interface Program {
  readonly child: ChildProcess;
  /** Standard error so far. */
  said(): string;
  /** The exit status, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

function runProgram(...args: readonly string[]): Program {
  const main = path.join(import.meta.dirname, '..', 'gateway', 'main.ts');
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => (text += part));
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { child, said: () => text, ended };
}

/** A folder in which `isthmus init` has made a mesh. */
function makeCluster(): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'isthmus-gateway-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const folder = clusterFolder(dir);
  for (const sub of [folder.trust, folder.run, folder.state]) mkdirSync(sub, { mode: 0o700 });
  const names = { mesh: 'acme' as MeshName, cluster: 'east' as ClusterName };
  writeClusterConfig(dir, {
    ...{ ...names, region: 'eu', zone: 'eu-1', network: 'east', allowLoopbackPeers: true },
    gateway: { host: '127.0.0.1', port: 0 },
    controller: {
      ...{ host: '127.0.0.1', federationPort: 0, joinPort: 0 },
      ...{ discoveryPort: 0, enrolmentPort: 0, adminPort: 0 },
    },
  });
  const made = createMesh(openFolderKeyStore(folder.trust), { ...names, nowMs: Date.now() });
  if (!made.ok) throw new Error(made.error.message);
  return dir;
}

it('ends with status 2 and the usage when it is called wrongly', async () => {
  const program = runProgram('--listen', 'nowhere');
  expect(await program.ended).toBe(2);
  expect(program.said()).toMatch(/--dir: is missing.*\nusage: node gateway\/main\.ts/);
});

it('ends with status 1 and names the file when the folder holds no cluster', async () => {
  const program = runProgram('--dir', path.join(tmpdir(), 'isthmus-no-such-folder'));
  expect(await program.ended).toBe(1);
  expect(program.said()).toContain('isthmus-no-such-folder/cluster.yaml');
});

it('waits for its controller, alive and not ready, and ends cleanly when asked', async () => {
  const program = runProgram('--dir', makeCluster(), '--admin', '127.0.0.1:0');
  await eventually('it waits', () => program.said().includes('waiting for the controller'), 10_000);
  const port = /"admin":\{"host":"127\.0\.0\.1","port":(\d+)\}/.exec(program.said())?.[1];
  const ask = (what: string): Promise<Response> => fetch(`http://127.0.0.1:${port}${what}`);
  expect((await ask('/livez')).status).toBe(200);
  const ready = await ask('/readyz');
  expect(ready.status).toBe(503);
  expect(await ready.text()).toContain('waiting for the first view');
  expect(await (await ask('/metrics')).text()).toContain('process_resident_memory_bytes');
  program.child.kill('SIGTERM');
  expect(await program.ended).toBe(0);
});
