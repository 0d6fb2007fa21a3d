/**
 * The manifests that Isthmus reads: one OpenAPI schema for each kind, in a CustomResourceDefinition's form, feeds the
 * parser here and later the YAML that `kubectl apply` gets. This file: the few schema words that are used, and the
 * check of a value against them. Faults say what the field means, in the schema's own description.
 */
export interface Schema {
  readonly type: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | 'any';
  /** Completes the sentence "… is out of range (<description>)". */
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  /** Fields beside `properties` are passed over, as Kubernetes' own kinds have many more; else they are faults. */
  readonly open?: boolean;
  readonly additional?: Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly enum?: readonly string[];
}

export interface FieldFault {
  /** `spec.levels[0].zone` as a path: names and indexes. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

const MAX_FAULTS = 20;

/** All faults of `value`, at most 20. */
export function checkSchema(value: unknown, schema: Schema): FieldFault[] {
  const faults: FieldFault[] = [];
  check({ value, schema, path: [], faults });
  return faults.slice(0, MAX_FAULTS);
}

interface Check {
  readonly value: unknown;
  readonly schema: Schema;
  readonly path: readonly (string | number)[];
  readonly faults: FieldFault[];
}

function check(at: Check): void {
  const { value, schema } = at;
  if (schema.type === 'any') return;
  if (!hasType(value, schema.type)) return report(at, `${show(value)} is not ${article(schema.type)}`);
  if (Array.isArray(value)) return checkArray(at, value);
  if (typeof value === 'object') return checkObject(at, value as Record<string, unknown>);
  const wrong = wrongScalar(value as string | number | boolean, schema);
  if (wrong !== undefined) report(at, wrong);
}

function report({ schema, path, faults }: Check, message: string): void {
  const meaning = schema.description === undefined ? '' : ` (${schema.description})`;
  faults.push({ path, message: message + meaning });
}

function hasType(value: unknown, type: Schema['type']): boolean {
  switch (type) {
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'integer':
      return Number.isSafeInteger(value);
    case 'number':
      return typeof value === 'number' && Number.isFinite(value);
    case 'any':
      return true;
    case 'string':
    case 'boolean':
      return typeof value === type;
  }
}

function checkArray(at: Check, values: readonly unknown[]): void {
  const { schema, path, faults } = at;
  if (values.length < (schema.minItems ?? 0)) report(at, 'is empty');
  if (values.length > (schema.maxItems ?? 1000))
    return report(at, `has ${values.length} items, over ${schema.maxItems ?? 1000}`);
  const { items } = schema;
  if (items !== undefined)
    values.forEach((value, i) => check({ value, schema: items, path: [...path, i], faults }));
}

function checkObject(at: Check, value: Record<string, unknown>): void {
  const { schema, path, faults } = at;
  for (const name of schema.required ?? []) {
    if (!Object.hasOwn(value, name)) faults.push({ path: [...path, name], message: 'is missing' });
  }
  for (const [name, child] of Object.entries(value)) {
    const known = Object.hasOwn(schema.properties ?? {}, name)
      ? schema.properties?.[name]
      : schema.additional;
    if (known !== undefined) check({ value: child, schema: known, path: [...path, name], faults });
    else if (schema.open !== true)
      faults.push({ path: [...path, name], message: 'is not a field of this kind' });
  }
}

function wrongScalar(value: string | number | boolean, schema: Schema): string | undefined {
  if (typeof value === 'number') {
    if (value < (schema.minimum ?? -Infinity)) return `${value} is under ${schema.minimum}`;
    if (value > (schema.maximum ?? Infinity)) return `${value} is over ${schema.maximum}`;
  }
  if (typeof value !== 'string') return undefined;
  if (schema.enum !== undefined && !schema.enum.includes(value))
    return `${show(value)} is none of ${schema.enum.join(', ')}`;
  if (value.length > (schema.maxLength ?? 1024))
    return `has ${value.length} characters, over ${schema.maxLength ?? 1024}`;
  if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(value))
    return `${show(value)} does not have the right form`;
  return undefined;
}

function show(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80));
  return typeof value === 'object' ? 'an object' : JSON.stringify(value);
}

function article(type: string): string {
  return `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`;
}
