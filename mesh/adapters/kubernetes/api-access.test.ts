import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { formatFault } from '../../model/fault.ts';
import { kubeconfigAccess } from './api-access-by-kubeconfig.ts';
import { inClusterAccess } from './api-access-in-cluster.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'access-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = path.join(folder, 'config');

const config = {
  ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'east' },
  clusters: [{ name: 'east', cluster: { server: 'https://10.0.0.1:6443' } }],
  users: [{ name: 'anna', user: { token: 'secret-of-anna' } }],
  contexts: [{ name: 'east', context: { cluster: 'east', user: 'anna' } }],
};

describe('access by a kubeconfig', () => {
  it('is that of its current context, with the credentials of its user', async () => {
    writeFileSync(file, JSON.stringify(config));
    const access = await kubeconfigAccess({ file });
    if (!access.ok) throw new Error(formatFault(access.error));
    expect(access.value.server).toBe('https://10.0.0.1:6443');
    expect((await access.value.credentials()).headers).toEqual({ Authorization: 'Bearer secret-of-anna' });
  });

  it.each([
    ['a file that is not there', path.join(folder, 'none'), undefined, /^\S+none: cannot be read: ENOENT/],
    ['a context that it does not have', file, 'west', /has no context west; it has east$/],
  ])('tells of %s', async (_what, name, context, words) => {
    writeFileSync(file, JSON.stringify(config));
    const access = await kubeconfigAccess({ file: name, ...(context === undefined ? {} : { context }) });
    expect(access.ok ? '' : formatFault(access.error)).toMatch(words);
  });

  it('tells of a file that is no kubeconfig', async () => {
    writeFileSync(file, 'a: [unclosed');
    const access = await kubeconfigAccess({ file });
    expect(access.ok ? '' : access.error.code).toBe('config_invalid');
  });
});

describe('access of a pod', () => {
  it('tells where it is no pod', () => {
    const access = inClusterAccess({});
    expect(access.ok ? '' : formatFault(access.error)).toMatch(/^KUBERNETES_SERVICE_HOST: is not set/);
  });
});
