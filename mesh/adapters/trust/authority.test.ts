import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { toHex } from '../../kit/hex.ts';
import { decodeJoinToken, encodeJoinToken } from '../../decide/join-token.ts';
import type { Result } from '../../kit/result.ts';
import type { Fault } from '../../model/fault.ts';
import type { Identity } from '../../model/identity.ts';
import type { ClusterName, MeshName, Namespace, ServiceAccount } from '../../model/names.ts';
import { generateKeyPair } from '../x509/issue.ts';
import { createMesh, openAuthority, type Authority } from './authority.ts';
import { checkEnrolmentToken, makeEnrolmentToken } from './enrolment-token.ts';
import { createMemoryKeyStore, openFolderKeyStore } from './folder-key-store.ts';
import { openJoinTokens } from './join-tokens.ts';

const mesh = 'acme' as MeshName;
const [east, west] = ['east' as ClusterName, 'west' as ClusterName];
const nowMs = Date.now();

function valueOf<T>(result: Result<T, Fault>): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}
const codeOf = (result: Result<unknown, Fault>): string => (result.ok ? 'accepted' : result.error.code);
const found = (): Authority => valueOf(createMesh(createMemoryKeyStore(), { mesh, cluster: east, nowMs }));

describe('the authority of a founder', () => {
  it('opens again from what it stored, and is not made twice', () => {
    const store = createMemoryKeyStore();
    const made = valueOf(createMesh(store, { mesh, cluster: east, nowMs }));
    const opened = valueOf(openAuthority(store, () => nowMs));
    expect([opened.mesh, opened.cluster, opened.isFounder]).toEqual([mesh, east, true]);
    expect(opened.bundle()).toEqual(made.bundle());
    expect(codeOf(createMesh(store, { mesh, cluster: west, nowMs }))).toBe('already_exists');
  });

  it('admits a name once, but the same key again', () => {
    const authority = found();
    const { publicKey } = generateKeyPair();
    const first = valueOf(authority.admit(west, publicKey));
    expect(valueOf(authority.admit(west, publicKey))).toBe(first);
    expect(codeOf(authority.admit(west, generateKeyPair().publicKey))).toBe('cluster_name_taken');
    expect(codeOf(authority.admit(east, publicKey))).toBe('cluster_name_taken');
  });

  it('evicts with a new version of the bundle, after which the name is free', () => {
    const authority = found();
    valueOf(authority.admit(west, generateKeyPair().publicKey));
    valueOf(authority.evict(west));
    expect(authority.bundle().version).toBe(2);
    expect(authority.bundle().evicted.map(({ cluster }) => cluster)).toEqual([west]);
    expect(codeOf(authority.evict(west))).toBe('not_found');
    expect(authority.admit(west, generateKeyPair().publicKey).ok).toBe(true);
  });

  it('takes only bundles that the root signed and that are newer', () => {
    const authority = found();
    const old = authority.signedBundle();
    valueOf(authority.admit(west, generateKeyPair().publicKey));
    const signed = valueOf(authority.evict(west));
    expect(authority.adoptBundle(old)).toEqual({ ok: true, value: false });
    expect(
      codeOf(
        authority.adoptBundle({ ...signed, payload: signed.payload.replace('"version":2', '"version":9') }),
      ),
    ).toBe('bundle_invalid');
    expect(codeOf(authority.adoptBundle(found().signedBundle()))).toBe('bundle_invalid');
    expect(codeOf(authority.adoptBundle({ payload: '{}', signature: '' }))).toBe('bundle_invalid');
  });
});

describe('keys on disk', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'keys-'));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('are for their owner alone, and refused when others may read them', () => {
    const store = openFolderKeyStore(path.join(folder, 'trust'));
    valueOf(createMesh(store, { mesh, cluster: east, nowMs }));
    expect(statSync(path.join(folder, 'trust', 'root.key')).mode & 0o777).toBe(0o600);
    expect(statSync(path.join(folder, 'trust')).mode & 0o777).toBe(0o700);
    rmSync(path.join(folder, 'trust', 'root.key'));
    writeFileSync(path.join(folder, 'trust', 'root.key'), 'x', { mode: 0o644 });
    expect(codeOf(openAuthority(store, () => nowMs))).toBe('io_failed');
  });
});

describe('join tokens (S24)', () => {
  const secret = randomBytes(32);
  const issue = (): {
    store: ReturnType<typeof createMemoryKeyStore>;
    redeem: (key: string, cluster?: ClusterName, at?: number) => string;
  } => {
    const store = createMemoryKeyStore();
    openJoinTokens(store).add(secret, west, nowMs + 1000);
    const redeem = (key: string, cluster = west, at = nowMs): string =>
      codeOf(openJoinTokens(store).redeem({ secret, cluster, publicKey: Buffer.from(key), nowMs: at }));
    return { store, redeem };
  };

  it('work once, also after a restart, and again only for the same key', () => {
    const { redeem } = issue();
    const answers = Array.from({ length: 100 }, (_, i) => redeem(`key ${i}`));
    expect(answers.filter((answer) => answer === 'accepted')).toHaveLength(1);
    expect(new Set(answers.slice(1))).toEqual(new Set(['token_used']));
    expect(redeem('key 0')).toBe('accepted');
  });

  it('end, are for one cluster, and must have been issued', () => {
    const { redeem, store } = issue();
    expect(redeem('k', east)).toBe('token_wrong_cluster');
    expect(redeem('k', west, nowMs + 1000)).toBe('token_expired');
    const forged = openJoinTokens(store).redeem({
      secret: randomBytes(32),
      cluster: west,
      publicKey: Buffer.from('k'),
      nowMs,
    });
    expect(codeOf(forged)).toBe('token_invalid');
    const stored = store.read('join-tokens.json');
    expect(stored.ok && stored.value?.includes(toHex(secret))).toBe(false);
  });

  it('travel as one line that shows when it was altered', () => {
    const token = {
      ...{
        mesh,
        founder: east,
        gateways: [{ host: '203.0.113.10', port: 15443, zone: 'eu-1' }],
        cluster: west,
      },
      ...{ rootFingerprint: 'ab'.repeat(32), secret: toHex(secret), expiresAt: nowMs },
    };
    const line = encodeJoinToken(token);
    expect(line).toMatch(/^isthmus-join-[\w-]+$/);
    expect(decodeJoinToken(` ${line}\n`)).toEqual({ ok: true, value: token });
    for (let i = 13; i < line.length; i += 7) {
      const altered = line.slice(0, i) + (line[i] === 'A' ? 'B' : 'A') + line.slice(i + 1);
      expect(codeOf(decodeJoinToken(altered))).toBe('token_invalid');
    }
    expect(codeOf(decodeJoinToken(line.slice(0, -1)))).toBe('token_invalid');
    expect(codeOf(decodeJoinToken(encodeJoinToken({ ...token, gateways: [] })))).toBe('token_invalid');
  });
});

describe('enrolment tokens', () => {
  const identity: Identity = {
    kind: 'workload',
    mesh,
    cluster: east,
    namespace: 'shop' as Namespace,
    serviceAccount: 'cart' as ServiceAccount,
  };
  const key = randomBytes(32);

  it('are for one identity, until their end, from this cluster', () => {
    const token = makeEnrolmentToken(key, identity, nowMs + 1000);
    expect(checkEnrolmentToken(key, token, nowMs)).toEqual({ ok: true, value: identity });
    expect(codeOf(checkEnrolmentToken(key, token, nowMs + 1000))).toBe('enrolment_refused');
    expect(codeOf(checkEnrolmentToken(randomBytes(32), token, nowMs))).toBe('enrolment_refused');
    const [, mac] = token.split('.');
    const other = Buffer.from(`${nowMs + 1000} spiffe://east.acme/ns/shop/sa/admin`).toString('base64url');
    for (const forged of [`${other}.${mac}`, '', '.', 'a.b', token.repeat(9)]) {
      expect(codeOf(checkEnrolmentToken(key, forged, nowMs))).toBe('enrolment_refused');
    }
  });
});
