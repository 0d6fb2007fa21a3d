/** One object of an API server, read as a manifest is. */
import type { Place } from '../../../crds/kind.ts';
import { idOf, parseManifest, type ParseOutcome } from '../../../crds/parse-manifest.ts';
import { isSystemNamespace, serviceKey, type Namespace, type ServiceName } from '../../model/names.ts';
import type { ApiObject } from './api-object.ts';
import { manifestOf, readTraits, type Resource } from './resources.ts';

/** Undefined: it is none of ours. */
export function readObject(resource: Resource, object: ApiObject, place: Place): ParseOutcome | undefined {
  if (isSystemNamespace(object.metadata.namespace ?? '')) return systemObject(resource, object);
  const manifest = manifestOf(resource, object);
  if (manifest === undefined) return undefined;
  if (resource.kind !== 'Service') return parseManifest(manifest, place);
  const traits = readTraits(object);
  const isCarried = traits.type !== 'ExternalName' && traits.ports.some(({ protocol }) => protocol === 'TCP');
  const outcome = isCarried ? parseManifest(manifest, place) : emptyService(object);
  if (outcome.kind === 'faulty' || outcome.manifest.kind !== 'service') return outcome;
  const service = { ...outcome.manifest.service, traits };
  return { kind: 'parsed', manifest: { ...outcome.manifest, service } };
}

/** A Service of which the mesh carries nothing: it may be exported, or asked why not, all the same. */
function emptyService({ metadata }: ApiObject): ParseOutcome {
  const namespace = (metadata.namespace ?? 'default') as Namespace;
  const service = { key: serviceKey(namespace, metadata.name as ServiceName), ports: [] };
  const id = idOf('Service', namespace, metadata.name);
  return { kind: 'parsed', manifest: { kind: 'service', id, namespace, service } };
}

/** What the mesh leaves alone, but whoever made it is to be told so. */
function systemObject({ kind }: Resource, object: ApiObject): ParseOutcome | undefined {
  if (kind === 'ServiceExport') return systemExport(object);
  return kind === 'FailoverPolicy' || kind === 'AccessPolicy' ? systemPolicy(kind, object) : undefined;
}

/** It offers nothing, and is told why by own-catalog.ts. */
function systemExport({ metadata }: ApiObject): ParseOutcome {
  const { name, generation } = metadata;
  const namespace = metadata.namespace as Namespace;
  const id = idOf('ServiceExport', namespace, name);
  const counted = typeof generation === 'number' ? { generation } : {};
  const service = serviceKey(namespace, name as ServiceName);
  return { kind: 'parsed', manifest: { kind: 'export', id, namespace, service, ...counted } };
}

/** It holds for nothing; in particular it closes nothing, whatever it says. */
function systemPolicy(kind: string, { metadata: { name, namespace = '' } }: ApiObject): ParseOutcome {
  const message = `${namespace} is a system namespace, which the mesh leaves alone`;
  const faults = [{ path: ['metadata', 'namespace'], message }];
  return { kind: 'faulty', faults, unsupported: false, id: idOf(kind, namespace, name) };
}
