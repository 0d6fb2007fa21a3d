/** One document of a manifest file, from plain data to what the mesh decides on. All faults are gathered. */
import { DEFAULT_FAILOVER } from '../mesh/decide/failover/default-policy.ts';
import {
  isDnsLabel,
  serviceKey,
  type Namespace,
  type ServiceAccount,
  type ServiceKey,
  type ServiceName,
} from '../mesh/model/names.ts';
import type {
  AccessPolicy,
  AccessRule,
  FailoverPolicy,
  LevelSelector,
  SourceMatch,
} from '../mesh/model/policy.ts';
import type { AppProtocol, Endpoint, Service } from '../mesh/model/service.ts';
import { durationMs } from './duration.ts';
import { furtherFaults, toNames, toWeighted, type Draft } from './further-faults.ts';
import { KINDS, type KindName } from './kinds.ts';
import { checkSchema, type FieldFault } from './schema.ts';

/** What a document states. `id` is unique among all documents: kind, namespace, name. */
export type ParsedManifest = { readonly id: string; readonly namespace: Namespace } & (
  | { readonly kind: 'namespace' }
  | { readonly kind: 'service'; readonly service: Service }
  | { readonly kind: 'endpoints'; readonly service: ServiceKey; readonly endpoints: readonly Endpoint[] }
  | { readonly kind: 'export'; readonly service: ServiceKey }
  | { readonly kind: 'failover'; readonly target: ServiceKey; readonly policy: FailoverPolicy }
  | { readonly kind: 'access'; readonly policy: AccessPolicy }
);

export type ParseOutcome =
  | { readonly kind: 'parsed'; readonly manifest: ParsedManifest }
  /** `id` is there when kind and name could be read; `closes` when it is an AccessPolicy: what it closes meanwhile. */
  | {
      readonly kind: 'faulty';
      readonly faults: readonly FieldFault[];
      readonly unsupported?: true;
      readonly id?: string;
      readonly closes?: AccessPolicy;
    };

/** `region` and `zone` are the cluster's own: for endpoints that name no zone. */
export function parseManifest(value: unknown, place: { region: string; zone: string }): ParseOutcome {
  const draft = (value ?? {}) as Partial<Draft>;
  const kindName = `${String(draft.apiVersion)}/${String(draft.kind)}`;
  if (!Object.hasOwn(KINDS, kindName)) {
    return {
      kind: 'faulty',
      unsupported: true,
      faults: [{ path: ['kind'], message: `${kindName.slice(0, 100)} is none that Isthmus reads` }],
    };
  }
  const faults = [...checkSchema(value, KINDS[kindName as KindName]), ...furtherFaults(draft)];
  if (faults.length > 0) return faulty(draft, faults);
  return { kind: 'parsed', manifest: build(draft as Draft, place) };
}

function faulty(draft: Partial<Draft>, faults: readonly FieldFault[]): ParseOutcome {
  const name = draft.metadata?.name;
  const id = typeof name === 'string' ? { id: idOf(draft as Draft) } : {};
  if (draft.kind !== 'AccessPolicy') return { kind: 'faulty', faults, ...id };
  const words = faults.map((f) => `${f.path.join('.')}: ${f.message}`).join('; ');
  return { kind: 'faulty', faults, ...id, closes: closedPolicy(draft, words) };
}

/** What an AccessPolicy that cannot be parsed closes: its target if that can be read, else its whole namespace. */
function closedPolicy(draft: Partial<Draft>, closed: string): AccessPolicy {
  const namespace = (
    typeof draft.metadata?.namespace === 'string' ? draft.metadata.namespace : 'default'
  ) as Namespace;
  const target = (draft.spec?.['targetRef'] as { name?: unknown } | undefined)?.name;
  const name = `${namespace}/${String(draft.metadata?.name ?? 'unnamed')}`;
  const selects =
    typeof target === 'string' && isDnsLabel(target)
      ? { target: serviceKey(namespace, target as ServiceName) }
      : {};
  return { name, namespace, ...selects, allow: [], deny: [], closed };
}

function idOf(draft: Draft): string {
  return `${draft.kind}/${draft.kind === 'Namespace' ? '' : (draft.metadata.namespace ?? 'default')}/${draft.metadata.name}`;
}

function build(draft: Draft, place: { region: string; zone: string }): ParsedManifest {
  const { kind, metadata, spec = {} } = draft;
  const namespace = (kind === 'Namespace' ? metadata.name : (metadata.namespace ?? 'default')) as Namespace;
  const key = serviceKey(namespace, metadata.name as ServiceName);
  const base = { id: idOf(draft), namespace };
  const target = (spec['targetRef'] as { name: ServiceName } | undefined)?.name;
  switch (kind) {
    case 'Service':
      return {
        ...base,
        kind: 'service',
        service: { key, ports: (spec['ports'] as PortDraft[]).map(toPort) },
      };
    case 'EndpointSlice':
      return { ...base, kind: 'endpoints', ...toEndpoints(draft, namespace, place) };
    case 'ServiceExport':
      return { ...base, kind: 'export', service: key };
    case 'FailoverPolicy':
      return {
        ...base,
        kind: 'failover',
        target: serviceKey(namespace, target ?? ('' as ServiceName)),
        policy: toFailover(draft, key),
      };
    case 'AccessPolicy':
      return { ...base, kind: 'access', policy: toAccess(draft, namespace, target) };
    default:
      return { ...base, kind: 'namespace' };
  }
}

interface PortDraft {
  readonly name?: string;
  readonly port: number;
  readonly targetPort?: number;
  readonly appProtocol?: string;
}

/** Protocols that Isthmus does not read are carried as bytes; `detect` where nothing is said. */
const PROTOCOLS: Readonly<Record<string, AppProtocol>> = { http: 'http', 'kubernetes.io/ws': 'http' };

function toPort({ name = '', port, targetPort = port, appProtocol }: PortDraft): Service['ports'][number] {
  return {
    name,
    port,
    targetPort,
    appProtocol: appProtocol === undefined ? 'detect' : (PROTOCOLS[appProtocol] ?? 'tcp'),
  };
}

function toEndpoints(
  draft: Draft,
  namespace: Namespace,
  place: { region: string; zone: string },
): { service: ServiceKey; endpoints: Endpoint[] } {
  const labels = draft.metadata.labels ?? {};
  const serviceAccount = (draft.metadata.annotations?.['isthmus.dev/service-account'] ??
    'default') as ServiceAccount;
  const [{ port }] = draft['ports'] as [{ port: number }];
  const entries = draft['endpoints'] as {
    addresses: [string];
    zone?: string;
    conditions?: { ready?: boolean };
  }[];
  const endpoints = entries.map(({ addresses: [address], zone = place.zone, conditions }, i) => ({
    ...{
      id: `${draft.metadata.name}-${i}`,
      address,
      port,
      region: place.region,
      zone,
      ready: conditions?.ready ?? true,
      serviceAccount,
    },
  }));
  return { service: serviceKey(namespace, labels['kubernetes.io/service-name'] as ServiceName), endpoints };
}

function toFailover({ metadata, spec = {} }: Draft, name: ServiceKey): FailoverPolicy {
  const given = spec as {
    threshold?: number;
    cap?: number;
    overflow?: 'keep' | 'shed';
    panic?: number;
    failback?: { ramp?: string; hold?: string };
    levels?: Record<string, unknown>[];
  };
  const { failback } = DEFAULT_FAILOVER;
  return {
    ...{
      name,
      generation: metadata.generation ?? 1,
      levels: given.levels?.map(toLevel) ?? DEFAULT_FAILOVER.levels,
    },
    ...{
      threshold: given.threshold ?? DEFAULT_FAILOVER.threshold,
      overflow: given.overflow ?? DEFAULT_FAILOVER.overflow,
      panic: given.panic ?? DEFAULT_FAILOVER.panic,
    },
    ...(given.cap === undefined ? {} : { cap: given.cap }),
    failback: {
      rampMs: given.failback?.ramp === undefined ? failback.rampMs : durationMs(given.failback.ramp),
      holdMs: given.failback?.hold === undefined ? failback.holdMs : durationMs(given.failback.hold),
    },
  };
}

function toLevel(level: Record<string, unknown>): LevelSelector {
  const [kind, value] = Object.entries(level)[0] as [LevelSelector['kind'], unknown];
  const listed = (Array.isArray(value) ? value : []).map(toWeighted).filter((entry) => entry !== undefined);
  if (kind === 'clusters') return { kind, clusters: listed };
  return kind === 'regions' ? { kind, regions: listed } : { kind };
}

function toAccess(draft: Draft, namespace: Namespace, target: ServiceName | undefined): AccessPolicy {
  const name = `${namespace}/${draft.metadata.name}`;
  const selects = target === undefined ? {} : { target: serviceKey(namespace, target) };
  return {
    name,
    namespace,
    ...selects,
    allow: toRules(draft.spec?.['allow']),
    deny: toRules(draft.spec?.['deny']),
  };
}

function toRules(rules: unknown): AccessRule[] {
  const names = (value: unknown): readonly string[] => toNames(value) ?? [];
  return ((rules ?? []) as { from: Record<string, unknown>[] }[]).map(({ from }) => ({
    from: from.map((source): SourceMatch => ({
      ...(source['cluster'] === undefined ? {} : { clusters: names(source['cluster']) }),
      ...(source['namespace'] === undefined ? {} : { namespaces: names(source['namespace']) }),
      ...(source['serviceAccount'] === undefined ? {} : { serviceAccounts: names(source['serviceAccount']) }),
    })),
  }));
}
