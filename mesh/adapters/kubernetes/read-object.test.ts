import { describe, expect, it } from 'vitest';
import { readObject } from './read-object.ts';
import { RESOURCES, SERVICE_EXPORTS } from './resources.ts';

const place = { region: 'eu', zone: 'eu-1' };
const metadata = { namespace: 'kube-system', name: 'kube-dns', generation: 2 };

describe('an object of a system namespace', () => {
  it('is read if it is an export, so that its owner can be told that it offers nothing', () => {
    expect(readObject(SERVICE_EXPORTS, { metadata }, place)).toMatchObject({
      kind: 'parsed',
      manifest: { kind: 'export', service: 'kube-system/kube-dns', generation: 2 },
    });
  });

  it('is left alone otherwise', () => {
    for (const resource of RESOURCES.filter(({ kind }) => kind !== 'ServiceExport'))
      expect(readObject(resource, { metadata, spec: { ports: [{ port: 53 }] } }, place)).toBeUndefined();
  });
});
