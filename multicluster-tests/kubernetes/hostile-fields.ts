/** Bad values for every field of a schema, and what the schema itself says of each: that the API server refuses it. */
import type { CrdSchema } from '../../crds/schema.ts';

export interface BadField {
  /** `spec.levels[0].zone` in names alone: `spec`, `levels`, `0`, `zone`. */
  readonly path: readonly string[];
  readonly what: string;
  /** Undefined: the field is missing. */
  readonly value: unknown;
}

const OTHER_TYPES: Readonly<Record<string, readonly unknown[]>> = {
  string: [7, true, {}, ['x']],
  number: ['NaN', '1e400', {}, true],
  integer: ['NaN', 1.5, {}, true],
  boolean: ['true', 0, {}],
  object: ['x', 7, ['x']],
  array: ['x', 7, {}],
};

/** Of all fields below this one. */
export function badFields(schema: CrdSchema, path: readonly string[]): readonly BadField[] {
  const children = Object.entries(schema.properties ?? {}).flatMap(([name, child]) => [
    ...badFields(child, [...path, name]),
    ...(schema.required?.includes(name) === true
      ? [{ path: [...path, name], what: 'missing', value: undefined }]
      : []),
  ]);
  const below = schema.items === undefined ? [] : badFields(schema.items, [...path, '0']);
  const named =
    schema.additionalProperties === undefined ? [] : badFields(schema.additionalProperties, [...path, 'x']);
  const isClosed = schema.properties !== undefined && schema['x-kubernetes-preserve-unknown-fields'] !== true;
  const unknown = isClosed ? [{ path: [...path, 'unheardOf'], what: 'unknown', value: 1 }] : [];
  return [...badValues(schema, path), ...unknown, ...children, ...below, ...named];
}

function badValues(schema: CrdSchema, path: readonly string[]): readonly BadField[] {
  const { type, minLength, maxLength, maxItems, minItems, pattern } = schema;
  const bad = (what: string, ...values: readonly unknown[]): BadField[] =>
    values.map((value) => ({ path, what, value }));
  const isText = schema.enum !== undefined || pattern !== undefined || (minLength ?? 0) > 0;
  return [
    ...bad('wrong type', ...(OTHER_TYPES[type ?? ''] ?? [])),
    ...(isText ? bad('no such text', '', ' ', 'a\u0000b', '\u202e', 'A_b!\n') : []),
    ...(maxLength === undefined ? [] : bad('too long', 'a'.repeat(maxLength + 1), 'a'.repeat(100_000))),
    ...(schema.minimum === undefined ? [] : bad('too small', schema.minimum - 1, -1e300)),
    ...(schema.maximum === undefined ? [] : bad('too large', schema.maximum + 1, 1e300)),
    ...(maxItems === undefined ? [] : bad('too many', Array(maxItems + 1).fill(null))),
    ...((minItems ?? 0) > 0 ? bad('too few', []) : []),
  ];
}

/** The document with this value in it; objects and lists on the way are made. */
export function withField(document: unknown, { path, value }: Pick<BadField, 'path' | 'value'>): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return value;
  if (name === '0')
    return [withField(Array.isArray(document) ? document[0] : undefined, { path: rest, value })];
  const fields = typeof document === 'object' && document !== null ? document : {};
  return { ...fields, [name]: withField((fields as Record<string, unknown>)[name], { path: rest, value }) };
}
