import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TrustBundle } from '../../model/bundle.ts';
import type { MeshView } from '../../model/mesh-view.ts';
import type { ClusterName, MeshName } from '../../model/names.ts';
import { createMemoryLog, type MemoryLog } from '../log/memory-log.ts';
import { openProxyMemory, type ProxyMemory } from './proxy-memory.ts';

const [mesh, cluster] = ['acme' as MeshName, 'east' as ClusterName];
const bundle: TrustBundle = { mesh, version: 1, roots: [], evicted: [] };
const self = { mesh, cluster, region: 'eu', zone: 'eu-1' };
const view: MeshView = { version: 7, self, bundle, services: new Map(), peers: new Map() };

let dir: string;
let log: MemoryLog;
beforeEach(() => {
  log = createMemoryLog();
  dir = mkdtempSync(path.join(tmpdir(), 'isthmus-memory-'));
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(dir, { recursive: true, force: true });
});

function remember(): { readonly state: string; readonly read: () => MeshView | undefined } {
  const state = path.join(dir, 'east', 'state');
  mkdirSync(state, { recursive: true });
  const memory = openProxyMemory(state, { kind: 'program', mesh, cluster, program: 'gateway' }, log);
  memory.view.write(view);
  return { state, read: () => memory.view.read(bundle) };
}

it('a view is there for the next run', async () => {
  const { read } = remember();
  vi.advanceTimersByTime(300);
  await vi.waitFor(() => expect(read()?.version).toBe(7));
});

it('the folder of a cluster that was removed is not made again', () => {
  const { state } = remember();
  rmSync(path.dirname(state), { recursive: true });
  vi.advanceTimersByTime(300);
  expect(existsSync(path.dirname(state))).toBe(false);
});

describe('what another than the proxy may have written', () => {
  const FILES = { credentials: 'proxy-gateway.credentials', view: 'proxy-gateway.view' } as const;
  const held = { certificateChain: 'chain', privateKey: 'key', serial: '01', notAfter: 1 };

  async function kept(): Promise<{
    readonly memory: ProxyMemory;
    readonly fileOf: (name: string) => string;
  }> {
    const memory = openProxyMemory(dir, { kind: 'program', mesh, cluster, program: 'gateway' }, log);
    memory.credentials.write(held);
    memory.view.write(view);
    vi.advanceTimersByTime(300);
    await vi.waitFor(() => expect(memory.view.read(bundle)?.version).toBe(7));
    expect(memory.credentials.read()).toEqual({ certificateChain: 'chain', privateKey: 'key' });
    return { memory, fileOf: (name) => path.join(dir, name) };
  }

  const told = (): unknown[] =>
    log.lines.map(({ fields }) => [path.basename(fields['file'] as string), fields['detail']]);

  it('is no news when there is nothing', () => {
    const memory = openProxyMemory(dir, { kind: 'program', mesh, cluster, program: 'gateway' }, log);
    expect([memory.credentials.read(), memory.view.read(bundle)]).toEqual([undefined, undefined]);
    expect(log.lines).toEqual([]);
  });

  it('is for the eyes of its user alone', async () => {
    const { fileOf } = await kept();
    for (const name of Object.values(FILES)) expect(statSync(fileOf(name)).mode & 0o777).toBe(0o600);
  });

  it('counts as nothing when it is larger than it may be', async () => {
    const { memory, fileOf } = await kept();
    const padded = JSON.stringify(held).padEnd(64 * 1024 + 1);
    writeFileSync(fileOf(FILES.credentials), padded);
    expect(memory.credentials.read()).toBeUndefined();
    writeFileSync(fileOf(FILES.credentials), padded.slice(0, -1));
    expect(memory.credentials.read()).toBeDefined();
    truncateSync(fileOf(FILES.view), 64 * 1024 * 1024 + 1);
    expect(memory.view.read(bundle)).toBeUndefined();
  });

  it.each(['', '{', 'null', '{"certificateChain":1,"privateKey":"key"}', '\u{ff}\u{ff}'])(
    'counts as nothing when it is damaged: %j',
    async (text) => {
      const { memory, fileOf } = await kept();
      for (const name of Object.values(FILES)) writeFileSync(fileOf(name), text);
      const before = log.lines.length;
      expect(memory.credentials.read()).toBeUndefined();
      expect(memory.view.read(bundle)).toBeUndefined();
      expect(told().slice(before)).toEqual([
        [FILES.credentials, expect.any(String)],
        [FILES.view, expect.any(String)],
      ]);
    },
  );

  it('is told once, however often it is read, and nothing of the key in it', async () => {
    const { memory, fileOf } = await kept();
    writeFileSync(fileOf(FILES.credentials), 'secret');
    for (let times = 0; times < 3; times++) expect(memory.credentials.read()).toBeUndefined();
    expect(told()).toEqual([[FILES.credentials, 'it is not JSON']]);
  });

  it('is not waited for when it is a pipe', async () => {
    const { memory, fileOf } = await kept();
    for (const name of Object.values(FILES)) {
      rmSync(fileOf(name));
      execFileSync('mkfifo', [fileOf(name)]);
    }
    expect(memory.credentials.read()).toBeUndefined();
    expect(memory.view.read(bundle)).toBeUndefined();
  });

  it('is of no use to a proxy of another cluster', async () => {
    await kept();
    const west = { kind: 'program', mesh, cluster: 'west' as ClusterName, program: 'gateway' } as const;
    expect(openProxyMemory(dir, west, log).view.read(bundle)).toBeUndefined();
    expect(told()).toEqual([['proxy-gateway.view', 'it is a view of east.acme, not of west.acme']]);
  });
});
