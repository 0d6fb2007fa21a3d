/**
 * Access of a pod to its own API server: the mounted files of its service account. Read here and not by a client
 * library, because a controller that loads one takes 40 MB more (docs/decisions/0008).
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { err, ok, type Result } from '../../kit/result.ts';
import { fault, type Fault } from '../../model/fault.ts';
import type { ApiAccess } from './api-access.ts';

const MOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** `env` is the environment of a container, where kubelet says how to reach the API server. */
export function inClusterAccess(
  env: Readonly<Record<string, string | undefined>>,
  mount = MOUNT,
): Result<ApiAccess, Fault> {
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '' } = env;
  if (host === '' || port === '') {
    const message = 'is not set: this is no pod, or its service links are turned off';
    return err(fault('config_invalid', 'KUBERNETES_SERVICE_HOST', message));
  }
  return ok({
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    async credentials() {
      const [ca, token] = await Promise.all([
        readFile(path.join(mount, 'ca.crt')),
        readFile(path.join(mount, 'token'), 'utf8'),
      ]);
      return { ca, headers: { authorization: `Bearer ${token.trim()}` } };
    },
  });
}
