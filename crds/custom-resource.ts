/** A kind as the API server is told of it: apiextensions.k8s.io/v1 CustomResourceDefinition. */
import type { CrdSchema } from './schema.ts';

export interface CustomResource {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly scope: 'Namespaced' | 'Cluster';
  /** Oldest first; all of them are served, and the last one is what is stored. Their schemas are the same. */
  readonly versions: readonly string[];
  readonly description: string;
  readonly spec?: CrdSchema;
  readonly isSpecRequired?: boolean;
  /** Absent: the kind has no status. */
  readonly status?: CrdSchema;
  /** What `kubectl get` shows beside the name; the age comes last by itself. */
  readonly columns?: readonly Column[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date';
  readonly jsonPath: string;
}

const AGE: Column = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

/** As plain data, to be written as YAML. */
export function customResourceDefinition(resource: CustomResource): Readonly<Record<string, unknown>> {
  const { group, kind, plural, shortNames, categories, scope, labels, annotations } = resource;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: defined({ name: `${plural}.${group}`, labels, annotations }),
    spec: {
      ...{ group, scope },
      names: defined({
        ...{ kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase() },
        ...{ shortNames, categories },
      }),
      versions: resource.versions.map((name, i) => versionOf(resource, name, i)),
    },
  };
}

function versionOf(resource: CustomResource, name: string, i: number): Readonly<Record<string, unknown>> {
  const { status, columns = [], versions } = resource;
  return {
    ...{ name, served: true, storage: i === versions.length - 1 },
    ...(status === undefined ? {} : { subresources: { status: {} } }),
    additionalPrinterColumns: [...columns, AGE],
    schema: { openAPIV3Schema: rootSchema(resource) },
  };
}

function rootSchema({ description, spec, isSpecRequired, status }: CustomResource): unknown {
  return plain({
    ...{ type: 'object', description },
    properties: {
      ...{ apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { type: 'object' } },
      ...(spec === undefined ? {} : { spec }),
      ...(status === undefined ? {} : { status }),
    },
    required: isSpecRequired === true ? ['spec'] : [],
  });
}

/** Without the lists of no required fields. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).filter(
    ([name, field]) => !(name === 'required' && Array.isArray(field) && field.length === 0),
  );
  return Object.fromEntries(fields.map(([name, field]) => [name, plain(field)]));
}

function defined(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
