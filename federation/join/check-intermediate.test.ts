import { describe, expect, it } from 'vitest';
import { foundMesh } from '../../mesh/adapters/grpc/testing/test-mesh.ts';
import {
  createRoot,
  generateKeyPair,
  INTERMEDIATE_LIFETIME_MS,
  issueIntermediate,
  issueLeaf,
} from '../../mesh/adapters/x509/issue.ts';
import type { ClusterName, MeshName, Namespace, ServiceAccount } from '../../mesh/model/names.ts';
import { checkIntermediate } from './check-intermediate.ts';

const [mesh, west] = ['acme' as MeshName, 'west' as ClusterName];
const nowMs = Date.now();
const root = createRoot(mesh, generateKeyPair(), nowMs);
const keys = generateKeyPair();
const issue = (more: object = {}): string =>
  issueIntermediate(root, { mesh, cluster: west, publicKey: keys.publicKey, nowMs, ...more });
const check = (pem: string, more: object = {}) =>
  checkIntermediate(pem, {
    mesh,
    cluster: west,
    publicKey: keys.publicKey,
    root: root.certificate,
    nowMs,
    ...more,
  });

describe('the intermediate that a newcomer was given', () => {
  it('is taken when it is for its key, from the root, for its name', () => {
    const checked = check(issue());
    expect(checked.ok && Math.abs(checked.value - nowMs - INTERMEDIATE_LIFETIME_MS)).toBeLessThan(1000);
  });

  const leafOf = (): string => {
    const identity = {
      ...({ kind: 'workload', mesh, cluster: west } as const),
      ...{ namespace: 'shop' as Namespace, serviceAccount: 'cart' as ServiceAccount },
    };
    return issueLeaf(root, { identity, publicKey: keys.publicKey, nowMs });
  };

  it.each([
    ['another cluster', () => check(issue({ cluster: 'east' })), 'may speak for other names'],
    ['another mesh', () => check(issue({ mesh: 'other' })), 'may speak for other names'],
    ['another key', () => check(issue({ publicKey: generateKeyPair().publicKey })), 'is for another key'],
    ['another root', () => check(foundMesh('west').intermediate()), 'is not signed by the root'],
    ['no authority', () => check(leafOf()), 'may not sign leaves'],
    ['the root itself', () => check(root.certificate), 'is for another key'],
    ['no certificate', () => check('hello'), 'is not a certificate'],
    ['an empty text', () => check(''), 'is not a certificate'],
    ['the past', () => check(issue(), { nowMs: nowMs + 2 * INTERMEDIATE_LIFETIME_MS }), 'has ended'],
    ['the future', () => check(issue(), { nowMs: nowMs - 3_600_000 }), 'begins later'],
  ])('is refused for %s', (_, act, message) => {
    const checked = act();
    expect(checked.ok ? '' : checked.error.message).toContain(message);
  });
});
