/** What exports and policies are told of how they were read: in the words of KEP-1645, and of GEP-713. */
import type { ExportState, PolicyState, StatedCondition } from '../../mesh/model/multicluster.ts';
import { isSystemNamespace, type Namespace, type ServiceKey } from '../../mesh/model/names.ts';
import type { FailoverPolicy } from '../../mesh/model/policy.ts';
import type { Reading } from '../../mesh/model/reading.ts';

type Readings = ReadonlyMap<string, Reading>;

/** The first faults tell enough, and a message has a bound of its own in the API. */
const MAX_FAULTS = 8;
const MAX_FAULT_LENGTH = 512;

/** What policies are judged by, beside what they say. */
export interface PolicyGround {
  /** Those in force, by target. */
  readonly failover: ReadonlyMap<ServiceKey, FailoverPolicy>;
  /** Whether this cluster has such a Service, or imports it. */
  readonly hasService: (service: ServiceKey) => boolean;
}

/** Each with a condition `Accepted`. */
export function policyStates(
  readings: Readings,
  { failover, hasService }: PolicyGround,
): readonly PolicyState[] {
  const inForce = new Set([...failover.values()].map(({ name }) => name));
  return [...readings.values()].flatMap((reading): PolicyState[] => {
    const { kind, namespace, name, generation, target } = reading;
    if (kind === 'ServiceExport') return [];
    const own = {
      isInForce: inForce.has(`${namespace}/${name}`),
      holder: kind === 'FailoverPolicy' && target !== undefined ? failover.get(target)?.name : undefined,
      hasTarget: target === undefined || hasService(target),
    };
    return [
      {
        ...{ kind, namespace, name, conditions: [accepted(reading, own)] },
        ...(generation === undefined ? {} : { generation }),
      },
    ];
  });
}

interface Force {
  /** This version of the FailoverPolicy, or the one before it. */
  readonly isInForce: boolean;
  /** The FailoverPolicy in force for the same target. */
  readonly holder: string | undefined;
  /** True of a policy for a whole namespace. */
  readonly hasTarget: boolean;
}

function accepted(
  { kind, namespace, name, faults, target }: Reading,
  { isInForce, holder, hasTarget }: Force,
): StatedCondition {
  const condition = (status: 'True' | 'False', reason: string, message: string): StatedCondition => {
    return { type: 'Accepted', status, reason, message };
  };
  if (faults.length > 0)
    return condition('False', 'Invalid', `${wordsOf(faults)}; ${meanwhile(kind, namespace, isInForce)}`);
  if (target !== undefined && holder !== undefined && holder !== `${namespace}/${name}`)
    return condition(
      'False',
      'Conflicted',
      `${target} has the policy ${holder} already, which stays in force`,
    );
  if (!hasTarget)
    return condition(
      'False',
      'TargetNotFound',
      `there is no Service ${target} here, nor an import of it; one that comes has the policy from the start`,
    );
  return condition('True', 'Accepted', 'it holds for what it selects');
}

/** What holds while a policy cannot be used. */
function meanwhile(kind: Reading['kind'], namespace: Namespace, isInForce: boolean): string {
  if (isSystemNamespace(namespace)) return 'it holds for nothing';
  if (kind === 'AccessPolicy') return 'until it is mended, what it selects is closed';
  return isInForce ? 'the version before it stays in force' : 'it is not in force';
}

/** Exports that cannot be used as they stand now. `offered`: what of them was good before, which stays. */
export function refusedExports(
  readings: Readings,
  offered: Pick<ReadonlySet<ServiceKey>, 'has'>,
): readonly ExportState[] {
  return [...readings.values()].flatMap(({ kind, namespace, name, generation, faults }): ExportState[] => {
    if (kind !== 'ServiceExport' || faults.length === 0) return [];
    const key = `${namespace}/${name}` as ServiceKey;
    const message = offered.has(key)
      ? `the version before it stays: ${wordsOf(faults)}`
      : `not offered: ${wordsOf(faults)}`;
    return [
      {
        ...{ key, conditions: [{ type: 'Ready', status: 'False', reason: 'Failed', message }] },
        ...(generation === undefined ? {} : { generation }),
      },
    ];
  });
}

function wordsOf(faults: readonly string[]): string {
  const told = faults.slice(0, MAX_FAULTS).map((fault) => fault.slice(0, MAX_FAULT_LENGTH).toWellFormed());
  const more = faults.length - told.length;
  return told.join('; ') + (more > 0 ? `; and ${more} more` : '');
}
