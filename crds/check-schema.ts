import { Ajv, type AnySchemaObject, type ErrorObject, type ValidateFunction } from 'ajv';
import { showValue } from './field-path.ts';
import type { CrdSchema, FieldFault, FieldPath } from './schema.ts';

const MAX_FAULTS = 50;
/** They say how the API server keeps and merges a field, and nothing of its values. */
const KUBERNETES_WORDS = [
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-validations',
];

/** Answers all faults of a value, at most 50. The schema is compiled at the first use. */
export function schemaCheck(schema: CrdSchema): (value: unknown) => readonly FieldFault[] {
  let validate: ValidateFunction | undefined;
  return (value) => {
    validate ??= compile(schema);
    if (validate(value)) return [];
    return (validate.errors ?? []).slice(0, MAX_FAULTS).map((error) => toFault(error, value));
  };
}

function compile(schema: CrdSchema): ValidateFunction {
  const ajv = new Ajv({
    ...{ allErrors: true, verbose: true, ownProperties: true, strictTypes: false },
    // Formats are for the API server; what they say is in a pattern too where it matters here.
    validateFormats: false,
  });
  for (const word of KUBERNETES_WORDS) ajv.addKeyword(word);
  return ajv.compile(refuseUnknown(schema));
}

/** Kubernetes drops fields that a structural schema does not name; here they are faults, as a typo should be. */
function refuseUnknown(schema: CrdSchema): AnySchemaObject {
  const { properties, additionalProperties, items, ...rest } = schema;
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true;
  const each = Object.entries(properties ?? {}).map(([name, child]) => [name, refuseUnknown(child)]);
  return {
    ...rest,
    ...(properties === undefined ? {} : { properties: Object.fromEntries(each) as AnySchemaObject }),
    ...(properties === undefined || open ? {} : { additionalProperties: false }),
    ...(additionalProperties === undefined
      ? {}
      : { additionalProperties: refuseUnknown(additionalProperties) }),
    ...(items === undefined ? {} : { items: refuseUnknown(items) }),
  };
}

function toFault(error: ErrorObject, root: unknown): FieldFault {
  const schema = error.parentSchema as CrdSchema;
  const params = error.params as Readonly<Record<string, string>>;
  const path = toPath(error.instancePath, root);
  if (error.keyword === 'required') {
    const missing = params['missingProperty'] ?? '';
    return { path: [...path, missing], message: `is missing${meaning(schema.properties?.[missing])}` };
  }
  if (error.keyword === 'additionalProperties') {
    const known = Object.keys(schema.properties ?? {}).join(', ');
    const message = `is not a field of this kind; the fields here are ${known}`;
    return { path: [...path, params['additionalProperty'] ?? ''], message };
  }
  return { path, message: wrongValue(error, schema) + meaning(schema) };
}

function wrongValue({ keyword, data }: ErrorObject, schema: CrdSchema): string {
  const value = showValue(data);
  switch (keyword) {
    case 'type':
      return `${value} is not ${article(schema.type ?? 'value')}`;
    case 'enum':
      return `${value} is not ${(schema.enum ?? []).join(' or ')}`;
    case 'minimum':
      return `${value} is under ${schema.minimum}`;
    case 'maximum':
      return `${value} is over ${schema.maximum}`;
    case 'minItems':
      return `has ${(data as unknown[]).length} items, under ${schema.minItems}`;
    case 'maxItems':
      return `has ${(data as unknown[]).length} items, over ${schema.maxItems}`;
    case 'minProperties':
    case 'maxProperties':
      return `has ${Object.keys(data as object).length} fields, ${wantedFields(schema)}`;
    case 'minLength':
      return 'is empty';
    case 'maxLength':
      return `has ${(data as string).length} characters, over ${schema.maxLength}`;
    default:
      return `${value} does not have the right form`;
  }
}

function wantedFields({ minProperties, maxProperties, properties = {} }: CrdSchema): string {
  if (minProperties === 1 && maxProperties === 1)
    return `exactly one of ${Object.keys(properties).join(', ')}`;
  return `over ${maxProperties}`;
}

function meaning(schema: CrdSchema | undefined): string {
  return schema?.description === undefined ? '' : ` (${schema.description})`;
}

function article(type: string): string {
  return `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type === 'array' ? 'list' : type}`.replace(
    'an list',
    'a list',
  );
}

/** A JSON pointer as a path; a segment is an index where the value there is a list. */
function toPath(pointer: string, root: unknown): FieldPath {
  const path: (string | number)[] = [];
  let at = root;
  for (const segment of pointer.split('/').slice(1)) {
    const name = segment.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(Array.isArray(at) ? Number(name) : name);
    at = (at as Readonly<Record<string, unknown>> | undefined)?.[name];
  }
  return path;
}
