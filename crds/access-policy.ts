import { isDnsLabel, serviceKey, type Namespace, type ServiceName } from '../mesh/model/names.ts';
import type { AccessPolicy, AccessRule, SourceMatch } from '../mesh/model/policy.ts';
import { documentSchema, type Draft, type Kind } from './kind.ts';
import { anySchema, objectSchema, openSchema, type CrdSchema, type FieldFault } from './schema.ts';
import { TARGET_REF, targetName } from './target-ref.ts';

const MAX_NAMES = 256;

const source = objectSchema({
  cluster: anySchema('a cluster, or a list of them'),
  namespace: anySchema('a namespace, or a list of them'),
  serviceAccount: anySchema('a service account, or a list of them'),
});

const rules = (description: string): CrdSchema => ({
  type: 'array',
  items: objectSchema(
    {
      from: {
        type: 'array',
        items: source,
        minItems: 1,
        maxItems: 256,
        description: 'the sources, any of which',
      },
    },
    ['from'],
  ),
  minItems: 1,
  maxItems: 256,
  description,
});

export const ACCESS_POLICY_SPEC: CrdSchema = {
  ...objectSchema({
    targetRef: { ...TARGET_REF, description: 'the service it is about; all of the namespace when absent' },
    allow: rules('who may call; everybody else may not'),
    deny: rules('who may not call, whatever is allowed'),
  }),
  description: 'who may call a service',
  'x-kubernetes-validations': [
    { rule: 'has(self.allow) || has(self.deny)', message: 'has neither allow nor deny' },
  ],
};

/**
 * isthmus.dev/v1alpha1 AccessPolicy: allows or denies by the caller's cluster, namespace and service account. The
 * fields of one source must all hold. A policy that says nothing is refused, so that no typo opens what it closed.
 */
export const ACCESS_POLICY: Kind = {
  schema: documentSchema({ spec: ACCESS_POLICY_SPEC, status: openSchema({}) }, ['spec']),
  further: (draft) => {
    const { allow, deny } = specOf(draft);
    if (allow === undefined && deny === undefined) {
      return [{ path: ['spec'], message: 'has neither allow nor deny' }];
    }
    return [...ruleFaults('allow', allow), ...ruleFaults('deny', deny)];
  },
  build(draft, { namespace }) {
    const { allow = [], deny = [] } = specOf(draft);
    const target = targetName(draft['spec']);
    const selects = target === undefined ? {} : { target: serviceKey(namespace, target as ServiceName) };
    const name = `${namespace}/${draft.metadata.name}`;
    const policy = { name, namespace, ...selects, allow: allow.map(toRule), deny: deny.map(toRule) };
    return { kind: 'access', policy };
  },
};

/** What an AccessPolicy that cannot be parsed selects, as far as it can be read. */
export interface ClosedSelection {
  readonly name?: string;
  /** Absent where the document says one that cannot be read. */
  readonly namespace?: Namespace;
  /** Absent: the whole namespace. */
  readonly target?: ServiceName;
}

/** `value` is any YAML document. */
export function closedSelection(value: unknown): ClosedSelection {
  const metadata = field(value, 'metadata');
  const [name, namespace = 'default'] = [field(metadata, 'name'), field(metadata, 'namespace')];
  const readable = isRecord(metadata) && typeof namespace === 'string' && isDnsLabel(namespace);
  const target = field(field(field(value, 'spec'), 'targetRef'), 'name');
  return {
    ...(typeof name === 'string' ? { name: name.slice(0, 253) } : {}),
    ...(readable ? { namespace: namespace as Namespace } : {}),
    ...(typeof target === 'string' && isDnsLabel(target) ? { target: target as ServiceName } : {}),
  };
}

/** The policy that holds in its place: everything it selects is denied. */
export function closedPolicy(
  selection: ClosedSelection & { readonly namespace: Namespace },
  closed: string,
): AccessPolicy {
  const { namespace, target } = selection;
  const selects = target === undefined ? {} : { target: serviceKey(namespace, target) };
  return {
    name: `${namespace}/${selection.name ?? 'unnamed'}`,
    namespace,
    ...selects,
    allow: [],
    deny: [],
    closed,
  };
}

interface RuleDraft {
  readonly from: readonly Readonly<Record<string, unknown>>[];
}

function specOf(draft: Draft): {
  readonly allow?: readonly RuleDraft[];
  readonly deny?: readonly RuleDraft[];
} {
  return draft['spec'] as object;
}

function ruleFaults(side: string, drafts: readonly RuleDraft[] = []): FieldFault[] {
  return drafts.flatMap(({ from }, i) =>
    from.flatMap((draft, j) => sourceFaults(draft, ['spec', side, i, 'from', j])),
  );
}

function sourceFaults(
  draft: Readonly<Record<string, unknown>>,
  path: readonly (string | number)[],
): FieldFault[] {
  const fields = Object.entries(draft);
  if (fields.length === 0) {
    return [{ path, message: 'is empty; it names a cluster, namespace or serviceAccount' }];
  }
  return fields
    .filter(([, value]) => toNames(value) === undefined)
    .map(([name]) => ({
      path: [...path, name],
      message: 'is neither a DNS label nor a list of 1-256 of them',
    }));
}

function toNames(value: unknown): readonly string[] | undefined {
  const names: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (names.length === 0 || names.length > MAX_NAMES) return undefined;
  const valid = names.filter((name) => typeof name === 'string' && isDnsLabel(name));
  return valid.length === names.length ? (valid as string[]) : undefined;
}

function toRule({ from }: RuleDraft): AccessRule {
  return { from: from.map(toMatch) };
}

function toMatch({ cluster, namespace, serviceAccount }: Readonly<Record<string, unknown>>): SourceMatch {
  const [clusters, namespaces, serviceAccounts] = [cluster, namespace, serviceAccount].map(toNames);
  return {
    ...(clusters === undefined ? {} : { clusters }),
    ...(namespaces === undefined ? {} : { namespaces }),
    ...(serviceAccounts === undefined ? {} : { serviceAccounts }),
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function field(value: unknown, name: string): unknown {
  return isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}
