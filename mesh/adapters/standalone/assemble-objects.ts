/** Puts the manifests of all files together into the state of the cluster. */
import type { ParsedManifest } from '../../../crds/parse-manifest.ts';
import { DEFAULT_FAILOVER } from '../../decide/failover/default-policy.ts';
import { fault, type Fault } from '../../model/fault.ts';
import type { Namespace, ServiceKey } from '../../model/names.ts';
import type { AccessPolicy, FailoverPolicy } from '../../model/policy.ts';
import type { Endpoint, Service, ServiceExport } from '../../model/service.ts';
import type { ClusterObjects } from '../../ports/resource-store.ts';
import type { FileContent } from './read-manifests.ts';

export interface Assembly {
  readonly objects: Omit<ClusterObjects, 'version'>;
  /** What is in force now, by id and file: the last good state for the next time. */
  readonly inForce: ReadonlyMap<string, InForce>;
}

export interface InForce {
  readonly file: string;
  readonly manifest: ParsedManifest;
}

export interface AssemblyInput {
  /** In order of file name: of two manifests that state the same object the first one stays. */
  readonly files: ReadonlyMap<string, FileContent>;
  readonly lastGood: ReadonlyMap<string, InForce>;
  /** Milliseconds since the epoch at which an export was first seen. */
  readonly createdAt: (service: ServiceKey) => number;
}

export function assembleObjects({ files, lastGood, createdAt }: AssemblyInput): Assembly {
  const inForce = new Map<string, InForce>();
  const faults: Fault[] = [];
  const closed: AccessPolicy[] = [];
  for (const [file, content] of files) {
    faults.push(...content.faults);
    closed.push(...content.closes);
    const kept = [...lastGood.values()].filter((last) => last.file === file && keeps(content, last.manifest));
    closed.push(...kept.flatMap(({ manifest }) => (content.unreadable ? closeAccess(manifest, file) : [])));
    for (const manifest of [...content.manifests, ...kept.map((last) => last.manifest)]) {
      const holder = inForce.get(manifest.id);
      if (holder === undefined) inForce.set(manifest.id, { file, manifest });
      else
        faults.push(
          fault(
            'duplicate_manifest',
            file,
            `${manifest.id} is stated in ${holder.file} too, which stays in force`,
          ),
        );
    }
  }
  return { objects: { ...collect([...inForce.values()], closed, createdAt), faults }, inForce };
}

/** The last good version stays while its document, or its whole file, cannot be read. */
function keeps(content: FileContent, manifest: ParsedManifest): boolean {
  if (manifest.kind === 'access') return content.unreadable;
  return content.unreadable || content.failedIds.includes(manifest.id);
}

/** Safety goes before availability here alone: an access policy that cannot be read any more closes what it selected. */
function closeAccess(manifest: ParsedManifest, file: string): AccessPolicy[] {
  return manifest.kind === 'access' ? [{ ...manifest.policy, closed: `${file} is not YAML` }] : [];
}

type Collected = Omit<ClusterObjects, 'version' | 'faults'>;

function collect(
  all: readonly InForce[],
  closed: readonly AccessPolicy[],
  createdAt: (service: ServiceKey) => number,
): Collected {
  const namespaces = new Set<Namespace>();
  const services = new Map<ServiceKey, Service>();
  const endpoints = new Map<ServiceKey, readonly Endpoint[]>();
  const exports = new Map<ServiceKey, ServiceExport>();
  const failover = new Map<ServiceKey, FailoverPolicy>();
  const access: AccessPolicy[] = [...closed];
  for (const { manifest } of all) {
    namespaces.add(manifest.namespace);
    if (manifest.kind === 'service') services.set(manifest.service.key, manifest.service);
    if (manifest.kind === 'endpoints')
      endpoints.set(manifest.service, [...(endpoints.get(manifest.service) ?? []), ...manifest.endpoints]);
    if (manifest.kind === 'export')
      exports.set(manifest.service, { key: manifest.service, createdAt: createdAt(manifest.service) });
    if (manifest.kind === 'failover')
      failover.set(manifest.target, { ...DEFAULT_FAILOVER, ...manifest.policy });
    if (manifest.kind === 'access') access.push(manifest.policy);
  }
  return { namespaces, services, endpoints, exports, failover, access };
}
