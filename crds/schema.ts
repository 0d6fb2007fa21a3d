/**
 * The manifests that Isthmus reads, and their schemas. Each kind has one OpenAPI v3 schema in the form that a
 * CustomResourceDefinition takes (structural, with its `x-kubernetes-` words): it checks manifests here, and
 * `kubectl apply` by being written into the CRD. Start at parse-manifest.ts.
 */
export interface CrdSchema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  /** What the field means, in words that can stand in brackets behind a wrong value. */
  readonly description?: string;
  readonly properties?: Readonly<Record<string, CrdSchema>>;
  readonly required?: readonly string[];
  /** The schema of all values of a map. */
  readonly additionalProperties?: CrdSchema;
  /** Fields beside `properties` are passed over; without it they are faults. On a schema without type: any value. */
  readonly 'x-kubernetes-preserve-unknown-fields'?: true;
  readonly items?: CrdSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly pattern?: string;
  readonly format?: 'date-time' | 'int32' | 'int64';
  readonly enum?: readonly string[];
  /** How server-side apply merges a list: as a whole, or item by item by the values of `list-map-keys`. */
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  /** Rules in CEL, by which the API server refuses what `further` of the kind would find. */
  readonly 'x-kubernetes-validations'?: readonly { readonly rule: string; readonly message: string }[];
}

/** The type of the values that a schema lets pass, so that it is stated once; a field without a known form is unknown. */
export type ValueOf<S> = S extends { readonly enum: readonly (infer Word)[] }
  ? Word
  : S extends { readonly type: 'string' }
    ? string
    : S extends { readonly type: 'integer' | 'number' }
      ? number
      : S extends { readonly type: 'boolean' }
        ? boolean
        : S extends { readonly type: 'array'; readonly items: infer Item }
          ? readonly ValueOf<Item>[]
          : S extends { readonly properties: infer Fields }
            ? ObjectOf<Fields, S extends { readonly required: readonly (infer Name)[] } ? Name : never>
            : S extends { readonly additionalProperties: infer Each }
              ? Readonly<Record<string, ValueOf<Each>>>
              : unknown;

type ObjectOf<Fields, Required> = {
  readonly [Name in keyof Fields as Name extends Required ? Name : never]: ValueOf<Fields[Name]>;
} & {
  readonly [Name in keyof Fields as Name extends Required ? never : Name]?: ValueOf<Fields[Name]>;
};

export type FieldPath = readonly (string | number)[];

export interface FieldFault {
  /** `spec.levels[0].zone` as a path: names and indexes. */
  readonly path: FieldPath;
  readonly message: string;
}

const LABEL_PATTERN = '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$';

/** A required name: an RFC 1123 label. `what` is the field's meaning. */
export function labelSchema(what: string): CrdSchema {
  return { type: 'string', pattern: LABEL_PATTERN, maxLength: 63, description: `${what}, a DNS label` };
}

export function objectSchema(
  properties: Readonly<Record<string, CrdSchema>>,
  required: readonly string[] = [],
): CrdSchema {
  return { type: 'object', properties, required };
}

/** An object of which we read some fields and Kubernetes knows more. */
export function openSchema(
  properties: Readonly<Record<string, CrdSchema>>,
  required: readonly string[] = [],
): CrdSchema {
  return { ...objectSchema(properties, required), 'x-kubernetes-preserve-unknown-fields': true };
}

/** A field whose form the structural schema cannot say; the kind's own check does. */
export function anySchema(description: string): CrdSchema {
  return { description, 'x-kubernetes-preserve-unknown-fields': true };
}
