/** Installation by Helm and by manifest: what outlives it, what is no secret any more, which values are taken. */
import type { Mutant } from '../mutant.ts';

const CHART = { test: 'scripts/chart/chart-files.test.ts' } as const;
/** Whatever changes what is written fails these too. */
const WRITTEN = [
  'the Helm chart > is in deploy/helm/isthmus as the objects of the command line make it: else run `npm run chart`',
  'the Helm chart > has its rendering in deploy/isthmus.yaml',
];
const OBJECTS = { ...CHART, file: 'scripts/chart/chart-objects.ts' } as const;

export const CHART_MUTANTS: readonly Mutant[] = [
  {
    name: 'exports-go-with-the-release',
    guarantee: 'Taking a Helm release out deletes nobody’s exports and policies (decision 0012).',
    ...OBJECTS,
    replace: 'manifest: keep(kind)',
    by: 'manifest: kind',
    fails: [
      ...WRITTEN,
      'the Helm chart > keeps kinds, keys and the namespace of the keys when the release goes',
    ],
  },
  {
    name: 'root-goes-with-the-release',
    guarantee: 'Taking a Helm release out does not destroy the root of a mesh (S22).',
    ...OBJECTS,
    replace: 'metadata.name === TRUST_SECRET)\n    return { manifest: keep(manifest)',
    by: 'metadata.name === TRUST_SECRET)\n    return { manifest',
    fails: [
      ...WRITTEN,
      'the Helm chart > keeps kinds, keys and the namespace of the keys when the release goes',
    ],
  },
  {
    name: 'token-of-everybody',
    guarantee: 'A manifest that many may read holds no token of the admin API (S24).',
    ...OBJECTS,
    replace: "wrap: when('.Values.admin.createSecret'), isInExample: false",
    by: "wrap: when('.Values.admin.createSecret'), isInExample: true",
    fails: [WRITTEN[1] ?? '', 'the Helm chart > has no token in a manifest that many may read'],
  },
  {
    name: 'founds-and-joins',
    guarantee: 'Values that ask for two meshes are refused before anything is installed (S22).',
    ...{ ...CHART, file: 'scripts/chart/values.ts' },
    replace: "required: ['found', 'joinToken'] }",
    by: "required: ['found', 'joinToken', 'both'] }",
    fails: [
      ...WRITTEN.slice(0, 1),
      'the values of the chart > are refused with a mesh that is made and joined',
    ],
  },
  {
    name: 'helm-fought',
    guarantee: 'The command line does not change what Helm keeps (decision 0012).',
    file: 'cli/kubernetes/helm-release.ts',
    test: 'cli/kubernetes/helm-release.test.ts',
    replace: "labels['app.kubernetes.io/managed-by'] !== 'Helm'",
    by: "labels['app.kubernetes.io/managed-by'] !== 'helm'",
    fails: [
      'an installation > is of the Helm release that says so on it',
      'an installation > is of Helm even where its release cannot be read',
    ],
  },
  {
    name: 'gateway-of-an-older-configuration',
    guarantee: 'A gateway starts with the configuration that it was made for (decision 0012).',
    file: 'cli/kubernetes/workloads.ts',
    test: 'cli/kubernetes/workloads.test.ts',
    replace: 'items: [{ key: namedConfigKey(settings.configName), path: CONFIG_KEY }]',
    by: 'items: [{ key: CONFIG_KEY, path: CONFIG_KEY }]',
    fails: [
      'the pods of an installation > are gateways only when the controller has read the configuration that they are made for',
    ],
  },
];
