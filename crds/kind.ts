import type { Namespace, ServiceKey } from '../mesh/model/names.ts';
import type { AccessPolicy, FailoverPolicy } from '../mesh/model/policy.ts';
import type { Endpoint, Service, ServiceExport } from '../mesh/model/service.ts';
import { labelSchema, objectSchema, type CrdSchema, type FieldFault } from './schema.ts';

/** Where the cluster is: for endpoints that name no zone. */
export interface Place {
  readonly region: string;
  readonly zone: string;
}

/** What a document states, beside where. */
export type Statement =
  | { readonly kind: 'namespace' }
  | { readonly kind: 'service'; readonly service: Service }
  | { readonly kind: 'endpoints'; readonly service: ServiceKey; readonly endpoints: readonly Endpoint[] }
  | ({ readonly kind: 'export'; readonly service: ServiceKey } & Omit<ServiceExport, 'key' | 'createdAt'>)
  | { readonly kind: 'failover'; readonly target: ServiceKey; readonly policy: FailoverPolicy }
  | { readonly kind: 'access'; readonly policy: AccessPolicy };

/** A manifest as YAML gives it, once its schema has passed. */
export interface Draft {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: DraftMetadata;
  readonly [field: string]: unknown;
}

export interface DraftMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly generation?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Kind {
  readonly schema: CrdSchema;
  /** Faults that the schema cannot say; asked when the schema found none. */
  readonly further?: (draft: Draft) => readonly FieldFault[];
  readonly build: (draft: Draft, at: { readonly namespace: Namespace; readonly place: Place }) => Statement;
}

const SUBDOMAIN = '^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$';

const objectName: CrdSchema = {
  type: 'string',
  pattern: SUBDOMAIN,
  maxLength: 253,
  description: 'the name of the object, a DNS subdomain',
};

/** What Kubernetes writes into metadata and we pass over. Others are faults: a mistyped `namespace` moves a policy. */
const PASSED_OVER = [
  ...['uid', 'resourceVersion', 'creationTimestamp', 'managedFields', 'ownerReferences', 'finalizers'],
  ...['selfLink', 'generateName', 'deletionTimestamp', 'deletionGracePeriodSeconds'],
];

/** `name` says which names the kind allows: any object's, or DNS labels only where it names a service. */
export function metadataSchema({
  name = objectName,
  required = [],
}: { readonly name?: CrdSchema; readonly required?: readonly string[] } = {}): CrdSchema {
  const anything: CrdSchema = { 'x-kubernetes-preserve-unknown-fields': true };
  const map = (description: string, maxLength: number): CrdSchema => ({
    type: 'object',
    additionalProperties: { type: 'string', maxLength },
    maxProperties: 64,
    description,
  });
  return objectSchema(
    {
      name,
      namespace: labelSchema('the namespace of the object'),
      generation: { type: 'integer', minimum: 0, description: 'counts the changes of the spec' },
      labels: map('labels of the object', 63),
      annotations: map('annotations of the object', 4096),
      ...Object.fromEntries(PASSED_OVER.map((field) => [field, anything])),
    },
    ['name', ...required],
  );
}

/** The schema of a whole document. */
export function documentSchema(
  fields: Readonly<Record<string, CrdSchema>>,
  required: readonly string[] = [],
): CrdSchema {
  const text: CrdSchema = { type: 'string' };
  return objectSchema({ apiVersion: text, kind: text, metadata: metadataSchema(), ...fields }, [
    ...['apiVersion', 'kind', 'metadata'],
    ...required,
  ]);
}
