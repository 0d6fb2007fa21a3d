/** One object of an API server, read as a manifest is. */
import type { Place } from '../../../crds/kind.ts';
import { idOf, parseManifest, type ParseOutcome } from '../../../crds/parse-manifest.ts';
import { isSystemNamespace, serviceKey, type Namespace, type ServiceName } from '../../model/names.ts';
import type { ApiObject } from './api-object.ts';
import { manifestOf, readTraits, type Resource } from './resources.ts';

/** Undefined: it is none of ours. */
export function readObject(resource: Resource, object: ApiObject, place: Place): ParseOutcome | undefined {
  if (resource.kind === 'ServiceExport' && isSystemNamespace(object.metadata.namespace ?? ''))
    return systemExport(object);
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

/** It offers nothing, but whoever made it is to be told why: see own-catalog.ts. */
function systemExport({ metadata }: ApiObject): ParseOutcome {
  const { name, generation } = metadata;
  const namespace = metadata.namespace as Namespace;
  const id = idOf('ServiceExport', namespace, name);
  const counted = typeof generation === 'number' ? { generation } : {};
  const service = serviceKey(namespace, name as ServiceName);
  return { kind: 'parsed', manifest: { kind: 'export', id, namespace, service, ...counted } };
}
