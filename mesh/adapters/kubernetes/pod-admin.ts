/**
 * The admin API of a controller in a pod, asked through the API server: whoever may use `pods/proxy` there and read the
 * Secret of the token. No port has to be opened for it.
 */
import { err, ok, type Result } from '../../kit/result.ts';
import { fault, type Fault } from '../../model/fault.ts';
import { TOKEN_HEADER } from '../admin/admin-access.ts';
import { adminClientOver, readFault, type AdminCall, type AdminClient } from '../admin/admin-client.ts';
import type { ApiClient } from './api-client.ts';
import { isRecord } from './api-object.ts';
import { ADMIN_SECRET, CONTROLLER, NAMESPACE, PORTS } from './installation.ts';
import { LEASES } from './leader-election.ts';
import { objectPath, SECRETS } from './resources.ts';

type Api = Pick<ApiClient, 'request'>;

/** Asks whichever controller leads at the time of each question. */
export function podAdminClient(api: Api): AdminClient {
  return adminClientOver(async (asked) => {
    const [pod, token] = await Promise.all([leader(api), adminToken(api)]);
    if (!pod.ok) return pod;
    return token.ok ? ask(api, asked, { pod: pod.value, token: token.value }) : token;
  });
}

async function ask(
  api: Api,
  { method, path, query, body }: AdminCall,
  { pod, token }: { readonly pod: string; readonly token: string },
): Promise<Result<unknown, Fault>> {
  const answer = await api.request({
    ...{ method, path: `/api/v1/namespaces/${NAMESPACE}/pods/${pod}:${PORTS.admin}/proxy${path}` },
    ...(query === undefined ? {} : { query }),
    ...(body === undefined ? {} : { body }),
    headers: { [TOKEN_HEADER]: token },
  });
  if (answer.ok) return ok(answer.value.body);
  const { body: said } = answer.error;
  // The controller's own refusal has a reason code; the API server's is a Status object, whose code is a number.
  return err(isRecord(said) && typeof said['code'] === 'string' ? readFault(said) : answer.error);
}

/** The name of the pod that leads. */
async function leader(api: Api): Promise<Result<string, Fault>> {
  const lease = await api.request({
    method: 'GET',
    path: objectPath(LEASES, { namespace: NAMESPACE, name: CONTROLLER }),
  });
  if (!lease.ok) {
    const missing = fault(
      'unavailable',
      NAMESPACE,
      'Isthmus does not run in this cluster; install it: isthmus init or join',
    );
    return err(lease.error.status === NOT_FOUND ? missing : lease.error);
  }
  const { body } = lease.value;
  const spec = isRecord(body) && isRecord(body['spec']) ? body['spec'] : {};
  const { holderIdentity: holder } = spec;
  if (typeof holder === 'string' && holder !== '') return ok(holder.slice(0, holder.lastIndexOf('_')));
  return err(fault('unavailable', CONTROLLER, 'no controller leads at the moment; try again'));
}

const NOT_FOUND = 404;

async function adminToken(api: Api): Promise<Result<string, Fault>> {
  const place = { namespace: NAMESPACE, name: ADMIN_SECRET };
  const secret = await api.request({ method: 'GET', path: objectPath(SECRETS, place) });
  if (!secret.ok) return secret;
  const { body } = secret.value;
  const data = isRecord(body) && isRecord(body['data']) ? body['data'] : {};
  const { token } = data;
  return ok(typeof token === 'string' ? Buffer.from(token, 'base64').toString() : '');
}
