/** The audit log of a cluster's API server. */
import { readFileSync } from 'node:fs';
import { auditLogFile } from './control-plane.ts';
import type { ClusterPlan } from './plan.ts';

const CONTROLLER = 'system:serviceaccount:isthmus-system:isthmus-controller';

export interface Asked {
  readonly verbs: readonly string[];
  readonly resource: string;
  /** `shop/cart`, or the name of what is of the whole cluster; absent: a collection. */
  readonly object?: string;
  /** For want of a right, not because the namespace of the object was going. */
  readonly isRefused: boolean;
}

const [CREATED, FORBIDDEN] = [201, 403];

/** What the controllers asked the API server for, by its audit log. A patch that made its object is a `create` too. */
export function requestsOf(plan: ClusterPlan): readonly Asked[] {
  const lines = readFileSync(auditLogFile(plan), 'utf8')
    .split('\n')
    .filter((line) => line.includes(CONTROLLER));
  return lines.map((line) => {
    const { verb, objectRef, responseStatus } = JSON.parse(line) as AuditEvent;
    const { resource = '', subresource, namespace, name } = objectRef ?? {};
    const { code: status, message = '' } = responseStatus ?? {};
    return {
      ...{ verbs: verb === 'patch' && status === CREATED ? [verb, 'create'] : [verb] },
      isRefused: status === FORBIDDEN && !message.includes('is being terminated'),
      resource: subresource === undefined ? resource : `${resource}/${subresource}`,
      ...(name === undefined ? {} : { object: namespace === undefined ? name : `${namespace}/${name}` }),
    };
  });
}

interface AuditEvent {
  readonly verb: string;
  readonly objectRef?: Partial<Readonly<Record<'resource' | 'subresource' | 'namespace' | 'name', string>>>;
  readonly responseStatus?: { readonly code?: number; readonly message?: string };
}
