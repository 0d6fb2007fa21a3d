import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { StateStore } from '../../ports/state-store.ts';
import { createMemoryState, openStateFolder } from './state-folder.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'state-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each([
  ['a folder', (): StateStore => openStateFolder(path.join(folder, String(Math.random())))],
  ['memory', createMemoryState],
])('state in %s', (_, open) => {
  it('gives back what was written last, lists in order, and forgets what is removed', () => {
    const state = open();
    expect([state.list(), state.read('epoch')]).toEqual([[], undefined]);
    state.write('peer-west', 'a');
    state.write('epoch', '1');
    state.write('epoch', '2');
    expect([state.list(), state.read('epoch')]).toEqual([['epoch', 'peer-west'], '2']);
    state.remove('epoch');
    state.remove('epoch');
    expect([state.list(), state.read('epoch')]).toEqual([['peer-west'], undefined]);
  });
});

describe('state in a folder', () => {
  it('survives opening again, for its owner alone, and takes no name that leads elsewhere', () => {
    const at = path.join(folder, 'kept');
    openStateFolder(at).write('epoch', '7');
    expect(openStateFolder(at).read('epoch')).toBe('7');
    expect(statSync(path.join(at, 'epoch.json')).mode & 0o777).toBe(0o600);
    writeFileSync(path.join(at, 'epoch.json.9.1.tmp'), 'half');
    expect(openStateFolder(at).list()).toEqual(['epoch']);
    for (const name of ['../epoch', 'a/b', '', 'A', 'x'.repeat(101)])
      expect(() => openStateFolder(at).write(name, '')).toThrow();
  });
});
