import { formatFieldPath } from '../../../crds/field-path.ts';
import type { ParsedManifest, ParseOutcome } from '../../../crds/parse-manifest.ts';
import type { Namespace, ServiceKey } from '../../model/names.ts';
import type { Reading } from '../../model/reading.ts';
import type { ApiObject } from './api-object.ts';
import type { ObjectKind } from './resources.ts';

const KINDS: readonly string[] = [
  'ServiceExport',
  'FailoverPolicy',
  'AccessPolicy',
] satisfies Reading['kind'][];

/** Undefined: the status of its kind is not ours to write. */
export function readingOf(
  { kind }: Pick<ObjectKind, 'kind'>,
  { metadata }: ApiObject,
  outcome: ParseOutcome,
): Reading | undefined {
  if (!isKind(kind)) return undefined;
  const { name, namespace = 'default', generation } = metadata;
  const found = outcome.kind === 'faulty' ? outcome.faults : [];
  const target = outcome.kind === 'parsed' ? targetOf(outcome.manifest) : undefined;
  return {
    ...{ kind, name, namespace: namespace as Namespace },
    ...(typeof generation === 'number' ? { generation } : {}),
    faults: found.map(({ path, message }) => `${formatFieldPath(path)}: ${message}`),
    ...(target === undefined ? {} : { target }),
  };
}

function targetOf(manifest: ParsedManifest): ServiceKey | undefined {
  if (manifest.kind === 'access') return manifest.policy.target;
  return manifest.kind === 'failover' ? manifest.target : undefined;
}

function isKind(kind: string): kind is Reading['kind'] {
  return KINDS.includes(kind);
}
