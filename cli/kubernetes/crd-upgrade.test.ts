import { describe, expect, it } from 'vitest';
import { mayReplace } from './crd-upgrade.ts';

const definition = (labels: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> => ({
  metadata: { name: 'serviceexports.multicluster.x-k8s.io', labels },
});
const ours = { 'app.kubernetes.io/managed-by': 'isthmus' };
const release = (version: string, revision: string): Readonly<Record<string, string>> => ({
  'multicluster.x-k8s.io/release-version': version,
  'multicluster.x-k8s.io/crd-schema-revision': revision,
});
const brought = definition(release('v0.5.0', '1'));

describe('a definition that is installed', () => {
  it.each([
    ['v0.5.0', '1'],
    ['v0.5.0', '0'],
    ['v0.4.9', '7'],
    ['v0.4.10', '0'],
  ])('of release %s, revision %s is replaced', (version, revision) => {
    expect(mayReplace(definition({ ...ours, ...release(version, revision) }), brought)).toBe(true);
  });

  it.each([
    ['v0.5.0', '2'],
    ['v0.5.1', '0'],
    ['v0.10.0', '0'],
    ['v1.0.0', '0'],
  ])('of release %s, revision %s is newer and stays', (version, revision) => {
    expect(mayReplace(definition({ ...ours, ...release(version, revision) }), brought)).toBe(false);
  });

  it('stays when somebody else made it, however old it is', () => {
    expect(mayReplace(definition(release('v0.1.0', '0')), brought)).toBe(false);
    expect(mayReplace({ metadata: { name: 'x' } }, brought)).toBe(false);
  });

  it('is replaced when it is a kind of Isthmus alone, which has no release', () => {
    expect(mayReplace(definition(ours), definition({}))).toBe(true);
  });
});
