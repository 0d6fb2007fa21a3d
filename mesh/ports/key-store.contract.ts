/** What every KeyStore must do, whatever it keeps its texts in. */
import { describe, expect, it } from 'vitest';
import { KEY_NAMES, type KeyStore } from './key-store.ts';

export function keyStoreContract(name: string, open: () => KeyStore): void {
  describe(`${name} as a key store`, () => {
    it('answers undefined for what was never written', () => {
      const store = open();
      for (const key of KEY_NAMES) expect(store.read(key)).toEqual({ ok: true, value: undefined });
    });

    it('keeps each text apart, and the last one written', () => {
      const store = open();
      for (const key of KEY_NAMES) store.write(key, 'first');
      for (const key of KEY_NAMES) store.write(key, `${key}: ä\n${'x'.repeat(100_000)}`);
      for (const key of KEY_NAMES)
        expect(store.read(key)).toEqual({ ok: true, value: `${key}: ä\n${'x'.repeat(100_000)}` });
    });

    it('forgets what is removed, also twice', () => {
      const store = open();
      store.write('route.key', 'x');
      store.remove('route.key');
      store.remove('route.key');
      expect(store.read('route.key')).toEqual({ ok: true, value: undefined });
    });
  });
}
