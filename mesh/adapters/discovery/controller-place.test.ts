import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Identity } from '../../model/identity.ts';
import { foundMesh, identityOf } from '../grpc/testing/test-mesh.ts';
import { placeInPod } from './controller-place.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'isthmus-pod-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const mounts = { mesh: path.join(folder, 'mesh'), token: path.join(folder, 'token') };
for (const mount of [mounts.mesh, mounts.token]) mkdirSync(mount);

const controller = {
  federationPort: 1,
  joinPort: 2,
  discoveryPort: 3,
  enrolmentPort: 4,
  adminPort: 5,
  host: '0.0.0.0',
};
const place = placeInPod({ controller }, mounts);
const east = foundMesh('east');
const cart: Identity = identityOf(east, '/ns/shop/sa/cart');

describe('a proxy in a pod', () => {
  it('finds the controller by the name of its Service', () => {
    const host = 'isthmus-controller.isthmus-system.svc';
    expect(place.addresses()).toMatchObject({
      value: {
        federation: { host, port: 1 },
        join: { host, port: 2 },
        discovery: { host, port: 3 },
        enrolment: { host, port: 4 },
      },
    });
  });

  it('waits for a bundle, and takes the one that is mounted then', () => {
    expect(place.bundle()).toMatchObject({ ok: false, error: { code: 'unavailable' } });
    writeFileSync(path.join(mounts.mesh, 'bundle.json'), 'no bundle');
    expect(place.bundle()).toMatchObject({ ok: false, error: { code: 'unavailable' } });
    writeFileSync(path.join(mounts.mesh, 'bundle.json'), JSON.stringify(east.signedBundle()));
    expect(place.bundle()).toEqual({ ok: true, value: east.bundle() });
  });

  it('shows the token that the kubelet has written last', () => {
    expect(place.token(cart)).toMatchObject({ ok: false, error: { code: 'io_failed' } });
    for (const token of ['first', 'second']) {
      writeFileSync(path.join(mounts.token, 'token'), `${token}\n`);
      expect(place.token(cart)).toEqual({ ok: true, value: token });
    }
  });
});
