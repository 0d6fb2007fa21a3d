/**
 * Puts what all sources state together into the state of the cluster; a source is a manifest file, or one object of an
 * API server.
 */
import { closedPolicy } from '../../../crds/access-policy.ts';
import type { ParsedManifest } from '../../../crds/parse-manifest.ts';
import { fault, type Fault } from '../../model/fault.ts';
import { isDnsLabel, type Namespace, type ServiceKey } from '../../model/names.ts';
import type { AccessPolicy, FailoverPolicy } from '../../model/policy.ts';
import type { Endpoint, Service, ServiceExport } from '../../model/service.ts';
import type { ClusterObjects } from '../../ports/resource-store.ts';
import type { Closes, SourceContent, Stated } from './source-content.ts';

export interface Assembly {
  readonly objects: Omit<ClusterObjects, 'version'>;
  /** The last good version of each object, for the next time. */
  readonly remembered: ReadonlyMap<string, Remembered>;
}

export interface Remembered extends Stated {
  readonly source: string;
}

export interface AssemblyInput {
  /** In order of name: of two manifests that state the same object the first one stays. */
  readonly sources: ReadonlyMap<string, SourceContent>;
  readonly remembered: ReadonlyMap<string, Remembered>;
  /** Milliseconds since the epoch at which an export was first seen. */
  readonly createdAt: (service: ServiceKey) => number;
  /** The policy with the generation that counts its changes. */
  readonly counted: (policy: FailoverPolicy) => FailoverPolicy;
}

const MAX_FAULTS = 1000;

/**
 * A faulty document affects only the object it states, and that keeps its last good version while the document is
 * faulty. Where a document cannot be told to state any object, whatever its source has lost is kept.
 *
 * Access policies are the exception: a deny must not become an allow. One that cannot be parsed closes
 * 1. the service it names, if that can be read; else the namespace it names (`default` when it names none);
 * 2. when its namespace cannot be read or it is not even YAML: what the policies selected that its source has lost;
 * 3. when the source has lost none: the namespace that the text names, else the first folder of the source's name,
 *    else `default`. Text that is not YAML counts as an access policy if it contains that word, and a file that
 *    cannot be read at all always does.
 */
export function assembleObjects({ sources, remembered, createdAt, counted }: AssemblyInput): Assembly {
  const good = new Map<string, Remembered>();
  const faults: Fault[] = [];
  const closed: AccessPolicy[] = [];
  for (const [source, content] of sources) {
    const kept = keptOf(source, content, remembered);
    const closedNow = closedOf(source, content, kept);
    faults.push(...content.faults);
    closed.push(...closedNow);
    for (const stated of [...content.stated, ...kept]) {
      const holder = good.get(stated.manifest.id);
      if (holder === undefined) good.set(stated.manifest.id, { ...stated, source });
      else if (content.stated.includes(stated)) faults.push(doubled(stated, holder));
    }
  }
  const inForce = [...good.values()].filter((one) => !isClosedAccess(one, sources.get(one.source)));
  const { conflicts, ...objects } = collect(inForce, { closed, createdAt, counted });
  return {
    objects: { ...objects, faults: [...faults, ...conflicts].slice(0, MAX_FAULTS) },
    remembered: good,
  };
}

/** Objects of this source that are missing from it now, and may be what its faulty documents state. */
function keptOf(
  source: string,
  content: SourceContent,
  remembered: ReadonlyMap<string, Remembered>,
): readonly Remembered[] {
  if (!content.unidentified && content.faultyIds.length === 0) return [];
  const stated = new Set(content.stated.map(({ manifest }) => manifest.id));
  return [...remembered.values()].filter(
    (one) =>
      one.source === source &&
      !stated.has(one.manifest.id) &&
      (content.unidentified || content.faultyIds.includes(one.manifest.id)),
  );
}

/** An access policy of which only the last good version is left is not in force: its closed form is. */
function isClosedAccess(one: Remembered, content: SourceContent | undefined): boolean {
  return (
    one.manifest.kind === 'access' &&
    content?.stated.every(({ manifest }) => manifest !== one.manifest) === true
  );
}

function closedOf(source: string, content: SourceContent, kept: readonly Remembered[]): AccessPolicy[] {
  const lost = kept.flatMap(({ manifest }) =>
    manifest.kind === 'access' && !content.faultyIds.includes(manifest.id) ? [manifest.policy] : [],
  );
  const why = content.faults.at(0)?.message ?? 'cannot be read';
  const known = lost.map((policy): AccessPolicy => ({ ...policy, closed: `${source}: ${why}` }));
  const said = content.closes.filter(({ guess }) => !guess || lost.length === 0);
  return [...known, ...said.map((closes) => toClosedPolicy(closes, source))];
}

function toClosedPolicy({ selection, why }: Closes, source: string): AccessPolicy {
  const folder = source.includes('/') ? (source.split('/', 1)[0] ?? '') : '';
  const namespace = selection.namespace ?? ((isDnsLabel(folder) ? folder : 'default') as Namespace);
  return closedPolicy({ ...selection, namespace }, why);
}

function doubled({ at, manifest }: Stated, holder: Remembered): Fault {
  return fault(
    'duplicate_manifest',
    at,
    `${manifest.id} is stated in ${holder.at} too, which stays in force`,
  );
}

interface Collecting extends Pick<AssemblyInput, 'createdAt' | 'counted'> {
  readonly closed: readonly AccessPolicy[];
}

type Collected = Omit<ClusterObjects, 'version' | 'faults'> & { readonly conflicts: readonly Fault[] };

function collect(all: readonly Remembered[], { closed, createdAt, counted }: Collecting): Collected {
  const namespaces = new Set<Namespace>();
  const services = new Map<ServiceKey, Service>();
  const endpoints = new Map<ServiceKey, readonly Endpoint[]>();
  const exports = new Map<ServiceKey, ServiceExport>();
  const failover = new Map<ServiceKey, FailoverPolicy>();
  const access: AccessPolicy[] = [...closed];
  const conflicts: Fault[] = [];
  const add = ({ manifest, at }: Remembered): void => {
    namespaces.add(manifest.namespace);
    if (manifest.kind === 'service') services.set(manifest.service.key, manifest.service);
    if (manifest.kind === 'access') access.push(manifest.policy);
    if (manifest.kind === 'export') {
      const { service: key, generation, labels, annotations } = manifest;
      const more = { generation, labels, annotations };
      const stated = Object.fromEntries(Object.entries(more).filter(([, value]) => value !== undefined));
      exports.set(key, { key, createdAt: createdAt(key), ...stated });
    }
    if (manifest.kind === 'endpoints') {
      endpoints.set(manifest.service, [...(endpoints.get(manifest.service) ?? []), ...manifest.endpoints]);
    }
    if (manifest.kind !== 'failover') return;
    const holder = failover.get(manifest.target);
    if (holder === undefined) failover.set(manifest.target, counted(manifest.policy));
    else conflicts.push(conflict(manifest, at, holder.name));
  };
  all.forEach(add);
  return { namespaces, services, endpoints, exports, failover, access, conflicts };
}

function conflict(manifest: ParsedManifest & { kind: 'failover' }, at: string, holder: string): Fault {
  const message = `${manifest.target} has the policy ${holder} already, which stays in force`;
  return { ...fault('duplicate_manifest', at, message), field: 'spec.targetRef' };
}
