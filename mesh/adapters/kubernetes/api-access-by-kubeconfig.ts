/** Access by a kubeconfig, from beside the cluster: contexts, files, exec plugins and OIDC as kubectl knows them. */
import type { RequestOptions } from 'node:https';
import { err, ok, type Result } from '../../kit/result.ts';
import { firstLine } from '../../kit/quoted.ts';
import { fault, type Fault } from '../../model/fault.ts';
import type { ApiAccess, ApiCredentials } from './api-access.ts';

export interface KubeconfigChoice {
  /** Absent: those that KUBECONFIG names, or the one in the home folder. */
  readonly file?: string;
  /** Absent: the current one. */
  readonly context?: string;
}

/** The library is loaded at the first call: it takes half a second. */
export async function kubeconfigAccess({
  file,
  context,
}: KubeconfigChoice): Promise<Result<ApiAccess & { readonly context: string }, Fault>> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  const subject = file ?? process.env['KUBECONFIG'] ?? 'kubeconfig';
  try {
    if (file === undefined) config.loadFromDefault();
    else config.loadFromFile(file);
  } catch (cause) {
    const why = cause instanceof Error ? firstLine(cause.message) : 'unknown error';
    return err({ ...fault('config_invalid', subject, `cannot be read: ${why}`), cause });
  }
  if (context !== undefined) config.setCurrentContext(context);
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    const contexts = config.getContexts().map(({ name }) => name);
    const known = contexts.length === 0 ? 'it has none' : `it has ${contexts.join(', ')}`;
    return err(fault('config_invalid', subject, `has no context ${context ?? 'that is current'}; ${known}`));
  }
  return ok({
    ...{ server: cluster.server, context: config.getCurrentContext() },
    async credentials() {
      const options: RequestOptions = {};
      await config.applyToHTTPSOptions(options);
      return pick(options);
    },
  });
}

function pick(options: RequestOptions): ApiCredentials {
  const { ca, cert, key, passphrase, servername, rejectUnauthorized, auth } = options;
  const basic =
    typeof auth === 'string' ? { authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {};
  return Object.fromEntries(
    Object.entries({
      ...{ ca, cert, key, passphrase, servername, rejectUnauthorized },
      headers: { ...(options.headers as Record<string, string>), ...basic },
    }).filter(([, value]) => value !== undefined && value !== null),
  ) as unknown as ApiCredentials;
}
