import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { keyStoreContract } from '../../ports/key-store.contract.ts';
import { createMemoryKeyStore, openFolderKeyStore } from './folder-key-store.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'isthmus-keys-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
const fresh = (): string => path.join(folder, String(++count), 'trust');

keyStoreContract('memory', createMemoryKeyStore);
keyStoreContract('a folder', () => openFolderKeyStore(fresh()));

describe('a folder of keys', () => {
  const written = (): { trust: string; code: () => string } => {
    const trust = fresh();
    const store = openFolderKeyStore(trust);
    store.write('root.key', 'secret');
    const code = (): string => {
      const read = store.read('root.key');
      return read.ok ? 'read' : `${read.error.code} ${read.error.message}`;
    };
    return { trust, code };
  };

  it('is for its owner alone, and leaves nothing half written', () => {
    const { trust } = written();
    expect(statSync(trust).mode & 0o777).toBe(0o700);
    expect(statSync(path.join(trust, 'root.key')).mode & 0o777).toBe(0o600);
    expect(readdirSync(trust)).toEqual(['root.key']);
  });

  it.each([
    [0o640, 'read'],
    [0o604, 'read'],
    [0o620, 'read'],
  ])('refuses a key of mode %o, and says how to mend it', (mode, can) => {
    const { trust, code } = written();
    chmodSync(path.join(trust, 'root.key'), mode);
    expect(code()).toMatch(new RegExp(`^io_failed others may ${can} it .* chmod 600 /`));
    chmodSync(path.join(trust, 'root.key'), 0o400);
    expect(code()).toBe('read');
  });

  it('refuses a folder in which others may put other keys', () => {
    const { trust, code } = written();
    chmodSync(trust, 0o770);
    expect(code()).toMatch(/^io_failed others may change it .* chmod 700 \//);
    chmodSync(trust, 0o755);
    expect(code()).toBe('read');
  });

  it('answers a fault for what is no file', () => {
    const trust = fresh();
    mkdirSync(path.join(trust, 'root.key'), { recursive: true, mode: 0o700 });
    const read = openFolderKeyStore(trust).read('root.key');
    expect(read.ok ? 'read' : read.error.code).toBe('io_failed');
  });
});
