import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FolderWatch } from './folder-watch.ts';

let root: string;
let told: Set<string | undefined>;
let watched: FolderWatch;
const at = (name: string): string => path.join(root, name);
const isTold = (name: string | undefined): Promise<void> =>
  vi.waitFor(() => expect([...told]).toContain(name), { timeout: 3000, interval: 5 });

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'watched-'));
  mkdirSync(at('shop'));
  told = new Set();
  watched = new FolderWatch(root, (name) => void told.add(name));
  expect(watched.cover(['', 'shop'])).toBe(true);
  expect(watched.cover(['', 'shop'])).toBe(false);
});
afterEach(() => {
  watched.stop();
  rmSync(root, { recursive: true, force: true });
});

it('tells of manifests by name, and of no other file that an editor makes beside them', async () => {
  writeFileSync(at('shop/cart.yaml.new'), 'kind: Service');
  renameSync(at('shop/cart.yaml.new'), at('shop/cart.yaml'));
  await isTold('shop/cart.yaml');
  writeFileSync(at('web.yaml'), 'kind: Service');
  await isTold('web.yaml');
  expect([...told]).toEqual(['shop/cart.yaml', 'web.yaml']);
});

it.each<[string, () => void]>([
  ['a folder comes', () => mkdirSync(at('crm'))],
  ['a folder that it watches goes', () => rmSync(at('shop'), { recursive: true })],
  ['a link leads elsewhere', () => symlinkSync('/', at('..data'))],
])('tells that any file may have changed when %s', async (_, change) => {
  change();
  await isTold(undefined);
});
