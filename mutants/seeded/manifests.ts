/** What the files of a cluster say, and what stays in force when they are wrong. */
import type { Mutant } from '../mutant.ts';

const ASSEMBLE_OBJECTS = {
  file: 'mesh/adapters/objects/assemble-objects.ts',
  test: 'mesh/adapters/standalone/folder-store.test.ts',
} as const;
const OBJECT_MEMORY = {
  file: 'mesh/adapters/objects/object-memory.ts',
  test: 'mesh/adapters/standalone/folder-store.test.ts',
} as const;
const PARSE_MANIFEST = { file: 'crds/parse-manifest.ts', test: 'crds/parse-manifest.test.ts' } as const;
const READ_MANIFESTS = {
  file: 'mesh/adapters/standalone/read-manifests.ts',
  test: 'mesh/adapters/standalone/read-manifests.test.ts',
} as const;
const FAILOVER_POLICY = { file: 'crds/failover-policy.ts', test: 'crds/parse-manifest.test.ts' } as const;
const ACCESS_POLICY = { file: 'crds/access-policy.ts', test: 'crds/parse-manifest.test.ts' } as const;
const CHECK_SCHEMA = { file: 'crds/check-schema.ts', test: 'crds/parse-manifest.test.ts' } as const;
const WEIGHTED = { file: 'crds/weighted.ts', test: 'crds/parse-manifest.test.ts' } as const;

export const MANIFESTS: readonly Mutant[] = [
  {
    name: 'fault-drops-last-good',
    guarantee: 'A faulty manifest leaves its last good state in force (F4).',
    ...ASSEMBLE_OBJECTS,
    replace: 'if (!content.unidentified && content.faultyIds.length === 0) return [];',
    by: 'return [];',
    fails: [
      'the folder store > tells file, line and field of a mistake, and keeps the last good state',
      'the folder store > lets a bad document or file affect only itself',
    ],
  },
  {
    name: 'unparsed-policy-forgotten',
    guarantee: 'An access policy that cannot be parsed closes what it selected (S12, I9).',
    ...ASSEMBLE_OBJECTS,
    replace: 'closed.push(...closedNow);',
    by: '',
    fails: ['the folder store > closes what an access policy selects while it cannot be parsed (S12)'],
  },
  {
    name: 'closed-policy-in-force',
    guarantee: 'The last good version of an unreadable access policy is not in force (S12).',
    ...ASSEMBLE_OBJECTS,
    replace: "one.manifest.kind === 'access' &&",
    by: 'false &&',
    fails: ['the folder store > closes what an access policy selects while it cannot be parsed (S12)'],
  },
  {
    name: 'second-statement-wins',
    guarantee: 'Of two manifests that state one object the first one stays (F4).',
    ...ASSEMBLE_OBJECTS,
    replace: 'if (holder === undefined) good.set(stated.manifest.id,',
    by: 'if (true) good.set(stated.manifest.id,',
    fails: ['the folder store > refuses system namespaces, doubled objects and unknown kinds'],
  },
  {
    name: 'age-of-export-lost',
    guarantee: 'The age of an export outlives a restart, as precedence rests on it (S27).',
    ...OBJECT_MEMORY,
    replace: 'exports.get(service) ?? clock.now()',
    by: 'clock.now()',
    fails: [
      'the folder store > exports and unexports, keeps the time of the first export, and leaves comments alone',
    ],
  },
  {
    name: 'system-namespace-here',
    guarantee: 'A manifest cannot state anything in a system namespace (S27).',
    ...PARSE_MANIFEST,
    replace: 'namespace !== undefined && isSystemNamespace(namespace)',
    by: 'false',
    fails: [
      'any manifest > leaves kube-system alone (S27)',
      'any manifest > leaves kube-public alone (S27)',
      'any manifest > leaves isthmus-system alone (S27)',
    ],
  },
  {
    name: 'values-unbounded',
    guarantee: 'The values of a manifest are bounded, aliases counted each time (S30).',
    ...READ_MANIFESTS,
    replace: 'if (count > MAX_VALUES)',
    by: 'if (false)',
    fails: [
      'a manifest file (S30) > with 20,001 values is read or refused',
      'a manifest file (S30) > counts the values behind an alias each time it stands',
    ],
  },
  {
    name: 'aliases-unbounded',
    guarantee: 'The uses of aliases in a manifest are bounded (S30).',
    ...READ_MANIFESTS,
    replace: '{ maxAliasCount: MAX_ALIASES }',
    by: '{ maxAliasCount: -1 }',
    fails: ['a manifest file (S30) > counts the values behind an alias each time it stands'],
  },
  {
    name: 'nesting-unbounded',
    guarantee: 'A manifest nests to a bounded depth (S17).',
    ...READ_MANIFESTS,
    replace: 'if (depth > MAX_DEPTH)',
    by: 'if (false)',
    fails: ['a manifest file (S30) > with 33 levels is read or refused'],
  },
  {
    name: 'threshold-over-hundred',
    guarantee: 'A threshold is a percentage (F4).',
    ...FAILOVER_POLICY,
    replace: 'threshold: percent(1, 100,',
    by: 'threshold: percent(1, 1000,',
    fails: ['a failover policy > takes a threshold within its bounds, and no other'],
  },
  {
    name: 'level-of-two-fields',
    guarantee: 'A level says one thing (F4).',
    ...FAILOVER_POLICY,
    replace: 'maxProperties: 1',
    by: 'maxProperties: 2',
    fails: ['a failover policy > refuses a level with two fields'],
  },
  {
    name: 'policy-that-says-nothing',
    guarantee: 'A policy that says nothing is refused: no typo opens what was closed (S12).',
    ...ACCESS_POLICY,
    replace: 'if (allow === undefined && deny === undefined)',
    by: 'if (false)',
    fails: ['an access policy (S12) > that says nothing is refused, and closes what it selects'],
  },
  {
    name: 'unknown-field-taken',
    guarantee: 'An unknown field makes a manifest faulty (S12).',
    ...CHECK_SCHEMA,
    replace: '{ additionalProperties: false }',
    by: '{}',
    fails: [
      'an access policy (S12) > that has a field of the future is refused, and closes what it selects',
      'an access policy (S12) > that has a typo in a source is refused, and closes what it selects',
      'an access policy (S12) > that has a typo in its namespace is refused, and closes what it selects',
    ],
  },
  {
    name: 'weight-of-zero',
    guarantee: 'A weight is 1 to 1000 (F4).',
    ...WEIGHTED,
    replace: 'weight >= 1 &&',
    by: 'weight >= 0 &&',
    fails: ['a failover policy > refuses a level with a weight of nothing'],
  },
  {
    name: 'annotation-of-another-kind-read',
    guarantee: 'What an annotation says counts only on the kind that it is for (F4).',
    ...{
      file: 'mesh/adapters/kubernetes/resources.ts',
      test: 'mesh/adapters/kubernetes/read-object.test.ts',
    },
    replace: '...(kind === ENDPOINT_SLICES.kind',
    by: "...(kind !== 'Namespace'",
    fails: ['Service', 'ServiceExport', 'FailoverPolicy', 'AccessPolicy'].map(
      (kind) => `a ${kind} is read whatever its labels and annotations say, which are for EndpointSlices`,
    ),
  },
];
