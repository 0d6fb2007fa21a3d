/** ServiceExports as text in manifest files: how one is made, and how one is taken out again. */
import { CST, Parser, parseDocument, stringify } from 'yaml';
import { idOf } from '../../../crds/parse-manifest.ts';
import { splitServiceKey, type ServiceKey } from '../../model/names.ts';

export function exportId(key: ServiceKey): string {
  const { namespace, name } = splitServiceKey(key);
  return idOf('ServiceExport', namespace, name);
}

/** Where `isthmus export` writes it, under `manifests/`. */
export function exportFileName(key: ServiceKey): string {
  const { namespace, name } = splitServiceKey(key);
  return `${namespace}/serviceexport-${name}.yaml`;
}

export function exportManifest(key: ServiceKey): string {
  const { namespace, name } = splitServiceKey(key);
  return stringify({
    apiVersion: 'multicluster.x-k8s.io/v1beta1',
    kind: 'ServiceExport',
    metadata: { name, namespace },
  });
}

/**
 * The text without the documents that state this export; everything else stays byte for byte, comments too. Undefined
 * when no document is left.
 */
export function withoutExport(text: string, key: ServiceKey): string | undefined {
  const kept: string[] = [];
  let documents = 0;
  for (const token of new Parser().parse(text)) {
    const source = CST.stringify(token);
    const isDocument = token.type === 'document' && token.value !== undefined;
    if (isDocument && statesExport(source, key)) continue;
    if (isDocument) documents += 1;
    kept.push(source);
  }
  return documents === 0 ? undefined : kept.join('');
}

function statesExport(source: string, key: ServiceKey): boolean {
  const document = parseDocument(source, { logLevel: 'silent', uniqueKeys: false });
  if (document.errors.length > 0 || document.get('kind') !== 'ServiceExport') return false;
  const { namespace, name } = splitServiceKey(key);
  const stated: unknown = document.getIn(['metadata', 'namespace']) ?? 'default';
  return document.getIn(['metadata', 'name']) === name && stated === namespace;
}
