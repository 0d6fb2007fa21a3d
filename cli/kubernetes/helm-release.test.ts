import { describe, expect, it } from 'vitest';
import { helmRelease } from './helm-release.ts';

const object = (managedBy: string, annotations?: object): Readonly<Record<string, unknown>> => ({
  metadata: { labels: { 'app.kubernetes.io/managed-by': managedBy }, annotations },
});
const marks = { 'meta.helm.sh/release-name': 'mesh', 'meta.helm.sh/release-namespace': 'platform' };

describe('an installation', () => {
  it('is of the Helm release that says so on it', () => {
    expect(helmRelease(object('Helm', marks))).toEqual({ name: 'mesh', namespace: 'platform' });
  });

  it('is of Helm even where its release cannot be read', () => {
    expect(helmRelease(object('Helm'))).toEqual({ name: '<release>', namespace: '<namespace>' });
  });

  it.each([
    ['made by the command line', object('isthmus')],
    ['taken over by the command line after its release was gone', object('isthmus', marks)],
    ['absent', undefined],
    ['without labels', { metadata: {} }],
  ])('is of no Helm release when it is %s', (_, held) => {
    expect(helmRelease(held)).toBeUndefined();
  });
});
