/** ServiceImports and conditions as the API server takes them. */
import type { Condition } from '../../../crds/condition.ts';
import type { ServiceImportSpec, ServiceImportStatus } from '../../../crds/service-import.ts';
import type { ServiceImport } from '../../model/multicluster.ts';
import { isRecord } from './api-object.ts';

/** Imports without it were made by somebody else, who takes them away. */
export const MANAGED = { 'app.kubernetes.io/managed-by': 'isthmus' } as const;

export function importSpec({ traits }: ServiceImport): ServiceImportSpec {
  const { ports, sessionAffinity, affinitySeconds, internalTrafficPolicy, trafficDistribution, ipFamilies } =
    traits;
  return {
    type: traits.type === 'Headless' ? 'Headless' : 'ClusterSetIP',
    ports,
    ...(sessionAffinity === undefined ? {} : { sessionAffinity }),
    ...(affinitySeconds === undefined
      ? {}
      : { sessionAffinityConfig: { clientIP: { timeoutSeconds: affinitySeconds } } }),
    ...(internalTrafficPolicy === undefined ? {} : { internalTrafficPolicy }),
    ...(trafficDistribution === undefined ? {} : { trafficDistribution }),
    ...(ipFamilies === undefined ? {} : { ipFamilies }),
  };
}

export function importStatus({ clusters, traits }: ServiceImport): Omit<ServiceImportStatus, 'conditions'> & {
  readonly conditions: readonly NewCondition[];
} {
  const ready: NewCondition =
    traits.type === 'Headless'
      ? { type: 'Ready', status: 'True', reason: 'Ready', message: 'headless: it needs no IP' }
      : { type: 'Ready', status: 'False', reason: 'Pending', message: 'it has no clusterset IP yet' };
  return {
    clusters: clusters.map((cluster) => ({ cluster })),
    endpointSliceObjects: 'Absent',
    conditions: [ready],
  };
}

/** A condition whose times are not known yet. */
export type NewCondition = Omit<Condition, 'lastTransitionTime'>;

/** Each with the time since which its status has been the same, by what is held of the object. */
export function timedConditions(
  wanted: readonly NewCondition[],
  held: readonly Condition[],
  nowMs: number,
): readonly Condition[] {
  const now = new Date(nowMs).toISOString().replace(/\.\d+Z$/, 'Z');
  return wanted.map((condition) => {
    const before = held.find(({ type }) => type === condition.type);
    return {
      ...condition,
      lastTransitionTime: before?.status === condition.status ? before.lastTransitionTime : now,
    };
  });
}

/** The conditions that an object has; what is none is left out. */
export function heldConditions(object: unknown): readonly Condition[] {
  const status = isRecord(object) ? object['status'] : undefined;
  const conditions = isRecord(status) ? status['conditions'] : undefined;
  return Array.isArray(conditions) ? (conditions.filter(isRecord) as unknown as Condition[]) : [];
}
