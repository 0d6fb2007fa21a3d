import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { TrustBundle } from '../../model/bundle.ts';
import type { MeshView } from '../../model/mesh-view.ts';
import type { ClusterName, MeshName } from '../../model/names.ts';
import { openProxyMemory } from './proxy-memory.ts';

const [mesh, cluster] = ['acme' as MeshName, 'east' as ClusterName];
const bundle: TrustBundle = { mesh, version: 1, roots: [], evicted: [] };
const self = { mesh, cluster, region: 'eu', zone: 'eu-1' };
const view: MeshView = { version: 7, self, bundle, services: new Map(), peers: new Map() };

let dir: string;
beforeEach(() => {
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
  const memory = openProxyMemory(state, { kind: 'program', mesh, cluster, program: 'gateway' });
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
