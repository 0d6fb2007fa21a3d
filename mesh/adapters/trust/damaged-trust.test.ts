/** S22: what is missing or damaged is refused; nothing else takes its place. */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Result } from '../../kit/result.ts';
import type { Fault } from '../../model/fault.ts';
import type { ClusterName, MeshName } from '../../model/names.ts';
import { KEY_NAMES, type KeyName, type KeyStore } from '../../ports/key-store.ts';
import { generateKeyPair, INTERMEDIATE_LIFETIME_MS, privateKeyToPem } from '../x509/issue.ts';
import { createMesh, openAuthority } from './authority.ts';
import { createMemoryKeyStore } from './folder-key-store.ts';
import { openJoinTokens } from './join-tokens.ts';
import { openBundle, readPayload, signBundle } from './signed-bundle.ts';

const mesh = 'acme' as MeshName;
const [east, west] = ['east' as ClusterName, 'west' as ClusterName];
const nowMs = Date.now();

function valueOf<T>(result: Result<T, Fault>): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}
const codeOf = (result: Result<unknown, Fault>): string => (result.ok ? 'accepted' : result.error.code);

function foundedStore(): KeyStore {
  const store = createMemoryKeyStore();
  valueOf(createMesh(store, { mesh, cluster: east, nowMs }));
  return store;
}

/** The founder's store with one text replaced; undefined removes it. */
function openWith(name: KeyName, change: (text: string) => string | undefined, atMs = nowMs): string {
  const store = foundedStore();
  const changed = change(valueOf(store.read(name)) ?? '');
  if (changed === undefined) store.remove(name);
  else store.write(name, changed);
  return codeOf(openAuthority(store, () => atMs));
}

const NEEDED = [
  'root.crt',
  'intermediate.key',
  'intermediate.crt',
  'bundle.json',
  'route.key',
  'enrolment.key',
] as const;

describe('a damaged store', () => {
  it.each(NEEDED)('is refused without %s, and with junk in it', (name) => {
    expect(openWith(name, () => undefined)).toBe('bundle_missing');
    for (const junk of ['', 'junk', '{}', '\0'.repeat(100)])
      expect(openWith(name, () => junk)).toBe('bundle_missing');
  });

  it('is refused when a file is another cluster’s', () => {
    const other = foundedStore();
    for (const name of ['root.crt', 'intermediate.key', 'intermediate.crt'] as const)
      expect(openWith(name, () => valueOf(other.read(name)))).toBe('bundle_missing');
    expect(openWith('root.key', () => 'junk')).toBe('bundle_missing');
    expect(openWith('members.json', () => '{')).toBe('bundle_missing');
  });

  it('is never opened with another bundle than the one that was signed', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 0x20, max: 0x7e }), (at, code) => {
        const changed = openWith('bundle.json', (text) => {
          const { payload, signature } = JSON.parse(text) as { payload: string; signature: string };
          const i = at % payload.length;
          const altered = payload.slice(0, i) + String.fromCharCode(code) + payload.slice(i + 1);
          return altered === payload ? 'junk' : JSON.stringify({ payload: altered, signature });
        });
        expect(changed).toBe('bundle_missing');
      }),
      { numRuns: 40 },
    );
  });

  it('says when its intermediate has ended', () => {
    expect(openWith('route.key', (text) => text, nowMs + INTERMEDIATE_LIFETIME_MS + 1000)).toBe(
      'certificate_expired',
    );
  });
});

describe('bundles from others', () => {
  it('are read whole or not at all', () => {
    const root = valueOf(foundedStore().read('root.crt')) ?? '';
    const whole = {
      mesh,
      version: 1,
      roots: [root],
      evicted: [{ cluster: west, fingerprint: 'ab'.repeat(32) }],
    };
    expect(readPayload(JSON.stringify(whole))).toEqual(whole);
    const broken: unknown[] = [
      ...[null, [], 7, 'x', {}],
      ...[
        { ...whole, mesh: 7 },
        { ...whole, version: '1' },
        { ...whole, version: 1.5 },
      ],
      ...[
        { ...whole, roots: [] },
        { ...whole, roots: ['x'] },
        { ...whole, roots: {} },
        { ...whole, roots: undefined },
      ],
      ...[
        { ...whole, evicted: undefined },
        { ...whole, evicted: [null] },
        { ...whole, evicted: [{ cluster: 'A', fingerprint: 'ab'.repeat(32) }] },
      ],
      ...[{ ...whole, evicted: [{ cluster: west, fingerprint: 'AB'.repeat(32) }] }],
    ];
    for (const payload of broken) expect(readPayload(JSON.stringify(payload))).toBeUndefined();
  });

  it('are of this mesh, of a bounded size, and signed by a root that is held', () => {
    const store = foundedStore();
    const root = valueOf(store.read('root.crt')) ?? '';
    const { privateKey } = generateKeyPair();
    const bundle = { mesh, version: 2, roots: [root], evicted: [] };
    const roots = [root];
    expect(codeOf(openBundle(signBundle(bundle, privateKey), { mesh, roots }))).toBe('bundle_invalid');
    expect(codeOf(openBundle({ payload: ' '.repeat(300_000), signature: '' }, { mesh, roots }))).toBe(
      'bundle_invalid',
    );
    const authority = valueOf(openAuthority(store, () => nowMs));
    expect(codeOf(openBundle(authority.signedBundle(), { mesh: 'other', roots }))).toBe('bundle_invalid');
    expect(codeOf(openBundle(authority.signedBundle(), { mesh, roots }))).toBe('accepted');
  });
});

describe('a member’s key', () => {
  it('does not come back after its eviction', () => {
    const authority = valueOf(openAuthority(foundedStore(), () => nowMs));
    const { publicKey } = generateKeyPair();
    valueOf(authority.admit(west, publicKey));
    valueOf(authority.evict(west));
    expect(codeOf(authority.admit(west, publicKey))).toBe('invalid_csr');
    expect(codeOf(authority.admit('north' as ClusterName, publicKey))).toBe('invalid_csr');
  });

  it('leaves the bundle once its certificate has ended', () => {
    let atMs = nowMs;
    const store = foundedStore();
    const authority = valueOf(openAuthority(store, () => atMs));
    valueOf(authority.admit(west, generateKeyPair().publicKey));
    valueOf(authority.evict(west));
    atMs += INTERMEDIATE_LIFETIME_MS + 1000;
    const north = 'north' as ClusterName;
    valueOf(authority.admit(north, generateKeyPair().publicKey));
    valueOf(authority.evict(north));
    expect(authority.bundle().evicted.map(({ cluster }) => cluster)).toEqual([north]);
  });
});

describe('damaged records of join tokens', () => {
  it('make issued tokens unknown, and new ones work', () => {
    for (const text of ['', '{', 'null', '[null, 7, {"hash": "x"}]']) {
      const store = createMemoryKeyStore();
      store.write('join-tokens.json', text);
      const secret = randomBytes(32);
      const redemption = { secret, cluster: west, publicKey: Buffer.from('k'), nowMs };
      const tokens = openJoinTokens(store);
      expect(codeOf(tokens.redeem(redemption))).toBe('token_invalid');
      tokens.add(secret, west, nowMs + 1000);
      expect(codeOf(tokens.redeem(redemption))).toBe('accepted');
    }
  });

  it('no private key stands anywhere but in its own file', () => {
    const store = foundedStore();
    const authority = valueOf(openAuthority(store, () => nowMs));
    const keys = generateKeyPair();
    valueOf(authority.admit(west, keys.publicKey));
    const open = KEY_NAMES.filter((name) => !name.endsWith('.key')).map(
      (name) => valueOf(store.read(name)) ?? '',
    );
    for (const text of open) expect(text).not.toMatch(/PRIVATE/);
    expect(open.join('')).not.toContain(privateKeyToPem(keys.privateKey));
  });
});
