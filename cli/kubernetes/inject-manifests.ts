/** Manifests with a sidecar in every pod that they make. What makes no pods is passed through. */
import { parseAllDocuments, stringify } from 'yaml';
import { isRecord } from '../../mesh/adapters/kubernetes/api-object.ts';
import { injectPod } from '../../mesh/adapters/kubernetes/inject-pod.ts';
import { fault } from '../../mesh/model/fault.ts';
import { orFail } from '../options.ts';
import { CommandFailed } from '../output/print.ts';

export interface ManifestOptions {
  readonly image: string;
  /** Of manifests that name none. */
  readonly namespace: string;
  /** For what is said of it. */
  readonly file: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** The fields that lead from a workload to its pod template. */
const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  Pod: [],
  ...{ Deployment: ['spec', 'template'], StatefulSet: ['spec', 'template'], DaemonSet: ['spec', 'template'] },
  ...{ ReplicaSet: ['spec', 'template'], Job: ['spec', 'template'] },
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
};

export function injectManifests(text: string, options: ManifestOptions): string {
  const documents = parseAllDocuments(text, { prettyErrors: true });
  const faulty = documents.find((document) => document.errors.length > 0);
  if (faulty !== undefined)
    throw new CommandFailed(fault('invalid_yaml', options.file, faulty.errors[0]?.message ?? 'is not YAML'));
  const values = documents.map((document) => document.toJS({ maxAliasCount: 100 }) as unknown);
  const objects = values.filter(isRecord);
  return objects.map((object) => stringify(inject(object, options), { lineWidth: 0 })).join('---\n');
}

function inject(object: Fields, options: ManifestOptions): Fields {
  const { kind, items } = object;
  if (kind === 'List' && Array.isArray(items))
    return {
      ...object,
      items: items.filter(isRecord).map((item) => inject(item, options)),
    };
  const way = TEMPLATES[String(kind)];
  return way === undefined ? object : injectAt(object, way, object, options);
}

/** Replaces what lies at the end of the way, and copies what lies on it. */
function injectAt(
  at: Fields,
  way: readonly string[],
  ...[object, options]: [Fields, ManifestOptions]
): Fields {
  const [field, ...rest] = way;
  if (field === undefined) return injectTemplate(at, object, options);
  const inner = at[field];
  return isRecord(inner) ? { ...at, [field]: injectAt(inner, rest, object, options) } : at;
}

function injectTemplate(template: Fields, object: Fields, { image, namespace }: ManifestOptions): Fields {
  const metadata = isRecord(object['metadata']) ? object['metadata'] : {};
  const { name = '', namespace: own = namespace } = metadata;
  const injected = injectPod(template, { image, namespace: String(own), owner: String(name) });
  return { ...template, ...orFail(injected) };
}
