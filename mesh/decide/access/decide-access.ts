/** May this source call this service? DENY before ALLOW; once a policy allows some, everybody else is denied. */
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
}

const ALLOWED: AccessVerdict = { allow: true, reason: '' };

/** `source` is undefined for a caller without a verified identity: it meets no rule of an allow, and every deny. */
export function decideAccess(
  policies: readonly AccessPolicy[],
  source: WorkloadIdentity | undefined,
  service: ServiceKey,
): AccessVerdict {
  const selected = policies.filter((policy) => selectsService(policy, service));
  const closed = selected.find((policy) => policy.closed !== undefined);
  if (closed !== undefined) return { allow: false, reason: 'policy_closed', policy: closed.name };
  const denies = selected.find((policy) =>
    policy.deny.some((rule) => source === undefined || meets(rule, source)),
  );
  if (denies !== undefined) return { allow: false, reason: 'access_denied', policy: denies.name };
  const allowing = selected.filter((policy) => policy.allow.length > 0);
  const first = allowing[0];
  if (first === undefined) return ALLOWED;
  const allows =
    source !== undefined && allowing.some((policy) => policy.allow.some((rule) => meets(rule, source)));
  return allows ? ALLOWED : { allow: false, reason: 'access_denied', policy: first.name };
}

export function selectsService(policy: AccessPolicy, service: ServiceKey): boolean {
  return policy.target === undefined
    ? policy.namespace === splitServiceKey(service).namespace
    : policy.target === service;
}

function meets(rule: AccessRule, source: WorkloadIdentity): boolean {
  return rule.from.some((match) => meetsMatch(match, source));
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
