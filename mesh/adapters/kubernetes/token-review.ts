/**
 * Who a pod is, by the token of its service account: the API server says so (authentication.k8s.io/v1 TokenReview). Only
 * tokens that were issued for Isthmus count: one that a pod sent to somebody else is of no use here.
 */
import { err, ok, type Result } from '../../kit/result.ts';
import { fault, type Fault } from '../../model/fault.ts';
import type { Identity } from '../../model/identity.ts';
import {
  isDnsLabel,
  type ClusterName,
  type MeshName,
  type Namespace,
  type ServiceAccount,
} from '../../model/names.ts';
import type { ApiClient } from './api-client.ts';
import { isRecord } from './api-object.ts';
import { GATEWAY, NAMESPACE, TOKEN_AUDIENCE } from './installation.ts';

export interface TokenReviewOptions {
  readonly api: Pick<ApiClient, 'request'>;
  readonly mesh: MeshName;
  readonly cluster: ClusterName;
}

/** Longer than any token of a service account. */
const MAX_TOKEN = 16 * 1024;
const PATH = '/apis/authentication.k8s.io/v1/tokenreviews';
const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;

export async function reviewToken(
  token: string,
  { api, mesh, cluster }: TokenReviewOptions,
): Promise<Result<Identity, Fault>> {
  if (token.length > MAX_TOKEN) return refuse('is too long');
  const answer = await api.request({
    ...{ method: 'POST', path: PATH },
    body: {
      ...{ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview' },
      spec: { token, audiences: [TOKEN_AUDIENCE] },
    },
  });
  if (!answer.ok) return answer;
  const account = readAccount(answer.value.body);
  if (account === undefined) return refuse(`is not one that this API server issued for ${TOKEN_AUDIENCE}`);
  const { namespace, serviceAccount } = account;
  if (namespace === NAMESPACE)
    return serviceAccount === GATEWAY
      ? ok({ kind: 'program', mesh, cluster, program: 'gateway' })
      : refuse(`is of ${serviceAccount} in ${NAMESPACE}, which is no proxy`);
  return ok({ kind: 'workload', mesh, cluster, namespace, serviceAccount });
}

interface Account {
  readonly namespace: Namespace;
  readonly serviceAccount: ServiceAccount;
}

function readAccount(review: unknown): Account | undefined {
  const status = isRecord(review) ? review['status'] : undefined;
  if (!isRecord(status) || status['authenticated'] !== true || !isRecord(status['user'])) return undefined;
  // An API server that knows nothing of audiences names none.
  const audiences: unknown = status['audiences'];
  if (!Array.isArray(audiences) || !audiences.includes(TOKEN_AUDIENCE)) return undefined;
  const { username } = status['user'];
  const [, namespace = '', serviceAccount = ''] = SERVICE_ACCOUNT.exec(String(username)) ?? [];
  if (!isDnsLabel(namespace) || !isDnsLabel(serviceAccount)) return undefined;
  return { namespace: namespace as Namespace, serviceAccount: serviceAccount as ServiceAccount };
}

function refuse(what: string): Result<never, Fault> {
  return err(fault('enrolment_refused', 'service-account token', what));
}
