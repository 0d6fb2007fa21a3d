/**
 * May this source call this service? Total and fail-closed: a policy that cannot be read closes what it selects, DENY
 * goes before ALLOW, and once a policy allows some, everybody else is denied. Names are compared whole: no patterns.
 */
import { serviceOf } from '../../model/host-key.ts';
import type { WorkloadIdentity } from '../../model/identity.ts';
import { splitServiceKey, type ServiceKey } from '../../model/names.ts';
import type { AccessPolicy, AccessRule, SourceMatch } from '../../model/policy.ts';
import type { ReasonCode } from '../../model/reason.ts';

export interface AccessVerdict {
  readonly allow: boolean;
  /** Empty when allowed. */
  readonly reason: ReasonCode | '';
  /** The policy that decided, when one did. */
  readonly policy?: string;
  /** Why, for an operator. */
  readonly words: string;
}

/** `source` is undefined for a caller without a verified identity: any policy that selects the service refuses it. */
export function decideAccess(
  policies: readonly AccessPolicy[],
  source: WorkloadIdentity | undefined,
  service: ServiceKey,
): AccessVerdict {
  const selected = policies.filter((policy) => selectsService(policy, service));
  const [first] = selected;
  if (first === undefined) return { allow: true, reason: '', words: 'no AccessPolicy selects the service' };
  const closed = selected.find((policy) => policy.closed !== undefined);
  if (closed !== undefined) {
    const words = `${closed.name} cannot be read, so everything it selects is closed: ${closed.closed}`;
    return { allow: false, reason: 'policy_closed', policy: closed.name, words };
  }
  if (source === undefined) return denied(first, 'the caller has no verified identity of a workload');
  return decideByRules(selected, source);
}

function decideByRules(selected: readonly AccessPolicy[], source: WorkloadIdentity): AccessVerdict {
  const denying = selected.find(({ deny }) => meetsAny(deny, source));
  if (denying !== undefined) return denied(denying, `${denying.name} denies ${describe(source)}`);
  const allowing = selected.find(({ allow }) => meetsAny(allow, source));
  if (allowing !== undefined) {
    const words = `${allowing.name} allows ${describe(source)}`;
    return { allow: true, reason: '', policy: allowing.name, words };
  }
  const closing = selected.find(({ allow }) => allow.length > 0);
  if (closing !== undefined) return denied(closing, `${closing.name} allows others than ${describe(source)}`);
  return { allow: true, reason: '', words: `no AccessPolicy denies ${describe(source)}` };
}

function denied(policy: AccessPolicy, words: string): AccessVerdict {
  return { allow: false, reason: 'access_denied', policy: policy.name, words };
}

function describe({ cluster, namespace, serviceAccount }: WorkloadIdentity): string {
  return `service account ${serviceAccount} of namespace ${namespace} in ${cluster}`;
}

/** A policy reaches its own namespace only, whatever its target says; one for a service holds for each host of it. */
export function selectsService(policy: AccessPolicy, service: ServiceKey): boolean {
  if (policy.namespace !== splitServiceKey(service).namespace) return false;
  return policy.target === undefined || policy.target === serviceOf(service);
}

function meetsAny(rules: readonly AccessRule[], source: WorkloadIdentity): boolean {
  return rules.some(({ from }) => from.some((match) => meetsMatch(match, source)));
}

function meetsMatch(
  { clusters, namespaces, serviceAccounts }: SourceMatch,
  source: WorkloadIdentity,
): boolean {
  const named = [clusters, namespaces, serviceAccounts].some((field) => field !== undefined);
  return (
    named &&
    (clusters?.includes(source.cluster) ?? true) &&
    (namespaces?.includes(source.namespace) ?? true) &&
    (serviceAccounts?.includes(source.serviceAccount) ?? true)
  );
}
