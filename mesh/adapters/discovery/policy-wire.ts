/** Policies on the wire of discovery. What cannot be read is refused with its field. */
import type * as wire from '../grpc/generated/isthmus/discovery/v1/discovery.ts';
import { isDnsLabel, type Namespace, type ServiceKey } from '../../model/names.ts';
import type {
  AccessPolicy,
  AccessRule,
  FailoverPolicy,
  LevelSelector,
  SourceMatch,
} from '../../model/policy.ts';
import { firstWrong, firstWrongOf, isPercent, isPositive, isServiceKey, isWords } from './wire-field.ts';

export function writeFailover(policy: FailoverPolicy): wire.FailoverPolicy {
  const { name, generation, threshold, cap, overflow, panic, failback } = policy;
  const levels = policy.levels.map(writeLevel);
  return { name, generation, levels, threshold, cap, overflow, panic, ...failback };
}

function writeLevel(level: LevelSelector): wire.Level {
  if (level.kind === 'clusters') return { kind: level.kind, weighted: level.clusters };
  if (level.kind === 'regions') return { kind: level.kind, weighted: level.regions };
  return { kind: level.kind, weighted: [] };
}

export function wrongInFailover(policy: wire.FailoverPolicy): string | undefined {
  const wrong = firstWrong([
    ['name', policy.name.length > 0 && isWords(policy.name)],
    ['threshold', policy.threshold >= 1 && isPercent(policy.threshold)],
    ['cap', policy.cap === undefined || isPositive(policy.cap)],
    ['overflow', policy.overflow === 'keep' || policy.overflow === 'shed'],
    ['panic', isPercent(policy.panic)],
    ['levels', policy.levels.length <= 64],
  ]);
  return wrong ?? firstWrongOf('levels', policy.levels, wrongInLevel);
}

const PLAIN_LEVELS: ReadonlySet<string> = new Set(['zone', 'region', 'cluster', 'area', 'others']);

function wrongInLevel({ kind, weighted }: wire.Level): string | undefined {
  if (PLAIN_LEVELS.has(kind)) return undefined;
  if (kind !== 'clusters' && kind !== 'regions') return 'kind';
  const right = weighted.every(
    ({ name, weight }) => name !== '' && isWords(name) && weight > 0 && isPositive(weight),
  );
  return right && weighted.length <= 1000 ? undefined : 'weighted';
}

/** After `wrongInFailover` found nothing. */
export function readFailover(policy: wire.FailoverPolicy): FailoverPolicy {
  const { name, generation, threshold, cap, panic, rampMs, holdMs } = policy;
  const levels = policy.levels.map(({ kind, weighted }): LevelSelector => {
    if (kind === 'clusters') return { kind, clusters: weighted };
    if (kind === 'regions') return { kind, regions: weighted };
    return { kind } as LevelSelector;
  });
  const overflow = policy.overflow === 'shed' ? 'shed' : 'keep';
  const base = {
    name,
    generation,
    levels,
    threshold,
    overflow,
    panic,
    failback: { rampMs, holdMs },
  } as const;
  return cap === undefined ? base : { ...base, cap };
}

export function writeAccess(policy: AccessPolicy): wire.AccessPolicy {
  const { name, namespace, target, closed } = policy;
  const rules = (all: readonly AccessRule[]): wire.AccessRule[] =>
    all.map((rule) => ({ from: rule.from.map(writeMatch) }));
  return { name, namespace, target, closed, allow: rules(policy.allow), deny: rules(policy.deny) };
}

function writeMatch({ clusters, namespaces, serviceAccounts }: SourceMatch): wire.SourceMatch {
  const names = (list: readonly string[] | undefined): wire.Names | undefined => list && { names: list };
  return {
    clusters: names(clusters),
    namespaces: names(namespaces),
    serviceAccounts: names(serviceAccounts),
  };
}

export function wrongInAccess(policy: wire.AccessPolicy): string | undefined {
  return firstWrong([
    ['name', policy.name.length > 0 && isWords(policy.name)],
    ['namespace', isDnsLabel(policy.namespace)],
    ['target', policy.target === undefined || isServiceKey(policy.target)],
  ]);
}

/** After `wrongInAccess` found nothing. */
export function readAccess(policy: wire.AccessPolicy): AccessPolicy {
  const { name, target, closed } = policy;
  const rules = (all: readonly wire.AccessRule[]): AccessRule[] =>
    all.map((rule) => ({ from: rule.from.map(readMatch) }));
  return {
    ...{ name, namespace: policy.namespace as Namespace },
    ...(target === undefined ? {} : { target: target as ServiceKey }),
    ...{ allow: rules(policy.allow), deny: rules(policy.deny) },
    ...(closed === undefined ? {} : { closed }),
  };
}

function readMatch({ clusters, namespaces, serviceAccounts }: wire.SourceMatch): SourceMatch {
  return {
    ...(clusters && { clusters: clusters.names }),
    ...(namespaces && { namespaces: namespaces.names }),
    ...(serviceAccounts && { serviceAccounts: serviceAccounts.names }),
  };
}
