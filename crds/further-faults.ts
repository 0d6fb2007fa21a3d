/** Rules of the manifests that the schema words cannot say. */
import { isDnsLabel, isSystemNamespace } from '../mesh/model/names.ts';
import type { Weighted } from '../mesh/model/policy.ts';
import type { FieldFault } from './schema.ts';

/** A manifest as YAML gives it, once its schema has passed. */
export interface Draft {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    name: string;
    namespace?: string;
    generation?: number;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  readonly spec?: Record<string, unknown>;
  readonly [field: string]: unknown;
}

export function furtherFaults(draft: Partial<Draft>): FieldFault[] {
  const faults: FieldFault[] = [];
  const namespace = draft.metadata?.namespace;
  if (typeof namespace === 'string' && isSystemNamespace(namespace)) {
    faults.push({
      path: ['metadata', 'namespace'],
      message: `${namespace} is a system namespace, which the mesh leaves alone`,
    });
  }
  if (draft.kind === 'Service') faults.push(...portFaults(draft.spec?.['ports']));
  if (draft.kind === 'FailoverPolicy') faults.push(...levelFaults(draft.spec?.['levels']));
  if (draft.kind === 'AccessPolicy') faults.push(...ruleFaults(draft.spec));
  const slice = draft.metadata?.labels as Record<string, unknown> | undefined;
  if (draft.kind === 'EndpointSlice' && !isDnsLabel(String(slice?.['kubernetes.io/service-name']))) {
    faults.push({
      path: ['metadata', 'labels', 'kubernetes.io/service-name'],
      message: 'is missing or no name of a service',
    });
  }
  return faults;
}

function portFaults(ports: unknown): FieldFault[] {
  if (!Array.isArray(ports)) return [];
  const faults: FieldFault[] = [];
  const field = (name: string): string[] =>
    ports.map((port: Record<string, unknown> | null) => String(port?.[name]));
  const [names, numbers] = [field('name'), field('port')];
  ports.forEach((_, i) => {
    if (ports.length > 1 && names[i] === 'undefined')
      faults.push({
        path: ['spec', 'ports', i, 'name'],
        message: 'is missing; it is needed where there are several ports',
      });
    else if (names.indexOf(names[i] ?? '') !== i)
      faults.push({ path: ['spec', 'ports', i, 'name'], message: 'stands twice' });
    if (numbers.indexOf(numbers[i] ?? '') !== i)
      faults.push({ path: ['spec', 'ports', i, 'port'], message: 'stands twice' });
  });
  return faults;
}

function levelFaults(levels: unknown): FieldFault[] {
  if (!Array.isArray(levels)) return [];
  return levels.flatMap((level: unknown, i) => {
    const fields = Object.entries((level ?? {}) as Record<string, unknown>);
    if (fields.length !== 1)
      return [
        {
          path: ['spec', 'levels', i],
          message: 'must name exactly one of zone, region, cluster, area, clusters, regions, others',
        },
      ];
    const [name, listed] = fields[0] as [string, unknown];
    const bad = Array.isArray(listed) ? listed.findIndex((entry) => toWeighted(entry) === undefined) : -1;
    return bad < 0
      ? []
      : [
          {
            path: ['spec', 'levels', i, name, bad],
            message: 'is neither a name nor {name, weight} with a weight of 1-1000',
          },
        ];
  });
}

function ruleFaults(spec: Record<string, unknown> | undefined): FieldFault[] {
  const faults: FieldFault[] = [];
  for (const side of ['allow', 'deny'] as const) {
    const rules = Array.isArray(spec?.[side]) ? (spec[side] as { from?: unknown }[]) : [];
    rules.forEach((rule, i) => {
      const sources = Array.isArray(rule?.from) ? (rule.from as Record<string, unknown>[]) : [];
      sources.forEach((source, j) => {
        const path = ['spec', side, i, 'from', j];
        const fields = Object.entries(source ?? {});
        if (fields.length === 0)
          faults.push({ path, message: 'is empty; it must name a cluster, namespace or service account' });
        for (const [name, value] of fields)
          if (toNames(value) === undefined)
            faults.push({ path: [...path, name], message: 'is neither a name nor a list of names' });
      });
    });
  }
  return faults;
}

/** One name or a list of names; undefined for anything else. */
export function toNames(value: unknown): readonly string[] | undefined {
  const names: unknown[] = Array.isArray(value) ? value : [value];
  return names.length > 0 && names.every((name) => typeof name === 'string' && isDnsLabel(name))
    ? (names as string[])
    : undefined;
}

/** A name, or {name, weight}; undefined for anything else. */
export function toWeighted(entry: unknown): Weighted | undefined {
  if (typeof entry === 'string') return isDnsLabel(entry) ? { name: entry, weight: 1 } : undefined;
  const { name, weight = 1 } = (entry ?? {}) as Partial<Weighted>;
  if (typeof name !== 'string' || !isDnsLabel(name) || typeof weight !== 'number') return undefined;
  return weight >= 1 && weight <= 1000 ? { name, weight } : undefined;
}
