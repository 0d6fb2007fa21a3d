/** One document of a manifest file, from plain data to what the mesh decides on. All faults are gathered. */
import { isSystemNamespace, type Namespace } from '../mesh/model/names.ts';
import { closedSelection, type ClosedSelection } from './access-policy.ts';
import { schemaCheck } from './check-schema.ts';
import { showValue } from './field-path.ts';
import type { Draft, Kind, Place, Statement } from './kind.ts';
import { KINDS } from './kinds.ts';
import type { FieldFault } from './schema.ts';

/** `id` is unique among all objects: `<kind>/<namespace>/<name>`. */
export type ParsedManifest = { readonly id: string; readonly namespace: Namespace } & Statement;

export type ParseOutcome = { readonly kind: 'parsed'; readonly manifest: ParsedManifest } | FaultyManifest;

export interface FaultyManifest {
  readonly kind: 'faulty';
  readonly faults: readonly FieldFault[];
  /** Its apiVersion and kind are none that Isthmus reads. */
  readonly unsupported: boolean;
  /** When kind, namespace and name can be read. */
  readonly id?: string;
  /** Present when it is an AccessPolicy, in any version: what it selects must be closed meanwhile. */
  readonly closes?: ClosedSelection;
}

const CHECKS: ReadonlyMap<Kind, (value: unknown) => readonly FieldFault[]> = new Map(
  [...new Set(KINDS.values())].map((kind) => [kind, schemaCheck(kind.schema)]),
);

/** `value` is any data that YAML or JSON can give, bounded in size and depth by the caller. */
export function parseManifest(value: unknown, place: Place): ParseOutcome {
  const { apiVersion, kind: kindName } = header(value);
  const kind = KINDS.get(`${apiVersion}/${kindName}`);
  if (kind === undefined) return unsupported(value, apiVersion, kindName);
  const found = CHECKS.get(kind)?.(value) ?? [];
  const faults = found.length > 0 ? found : furtherFaults(kind, value as Draft);
  const id = readId(value, kindName);
  if (faults.length > 0) {
    const closes = kindName === 'AccessPolicy' ? { closes: closedSelection(value) } : {};
    return { kind: 'faulty', faults, unsupported: false, ...(id === undefined ? {} : { id }), ...closes };
  }
  const draft = value as Draft;
  const namespace = namespaceOf(draft, kindName);
  const statement = kind.build(draft, { namespace, place });
  return {
    kind: 'parsed',
    manifest: { id: idOf(kindName, namespace, draft.metadata.name), namespace, ...statement },
  };
}

function furtherFaults(kind: Kind, draft: Draft): readonly FieldFault[] {
  const { namespace } = draft.metadata;
  const faults = [...(kind.further?.(draft) ?? [])];
  if (namespace !== undefined && isSystemNamespace(namespace)) {
    const message = `${namespace} is a system namespace, which the mesh leaves alone`;
    faults.push({ path: ['metadata', 'namespace'], message });
  }
  return faults;
}

function unsupported(value: unknown, apiVersion: string, kindName: string): FaultyManifest {
  const isAbsent = apiVersion === '' && kindName === '';
  const what = isAbsent ? 'is missing' : `${showValue(apiVersion)} ${showValue(kindName)} is none of them`;
  const message = `${what}; Isthmus reads ${[...KINDS.keys()].join(', ')}`;
  const isAccess = kindName.trim().toLowerCase() === 'accesspolicy';
  return {
    kind: 'faulty',
    faults: [{ path: ['kind'], message }],
    unsupported: true,
    ...(isAccess ? { closes: closedSelection(value) } : {}),
  };
}

function header(value: unknown): { readonly apiVersion: string; readonly kind: string } {
  const text = (name: string): string => {
    const found = own(value, name);
    return typeof found === 'string' ? found : '';
  };
  return { apiVersion: text('apiVersion'), kind: text('kind') };
}

function readId(value: unknown, kindName: string): string | undefined {
  const metadata = own(value, 'metadata');
  const [name, namespace = 'default'] = [own(metadata, 'name'), own(metadata, 'namespace')];
  if (typeof name !== 'string' || typeof namespace !== 'string') return undefined;
  return idOf(kindName, kindName === 'Namespace' ? name : namespace, name);
}

function namespaceOf({ metadata }: Draft, kindName: string): Namespace {
  return (kindName === 'Namespace' ? metadata.name : (metadata.namespace ?? 'default')) as Namespace;
}

/** `ServiceExport/shop/cart`, in every version of the kind. */
export function idOf(kindName: string, namespace: string, name: string): string {
  return `${kindName}/${namespace}/${name}`;
}

function own(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}
