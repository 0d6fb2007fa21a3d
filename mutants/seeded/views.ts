/** What follows from manifests and peers together: imports, exports, ports, the view of the proxies. */
import type { Mutant } from '../mutant.ts';

const MERGE_PORTS = {
  file: 'federation/decide/merge-ports.ts',
  test: 'federation/decide/merge-ports.test.ts',
} as const;
const MESH_VIEW = {
  file: 'federation/decide/mesh-view.ts',
  test: 'federation/decide/mesh-view.test.ts',
} as const;
const OWN_CATALOG = {
  file: 'federation/decide/own-catalog.ts',
  test: 'federation/decide/mesh-view.test.ts',
} as const;
const OWN_CATALOG_IN_OWN_CATALOG = {
  file: 'federation/decide/own-catalog.ts',
  test: 'federation/decide/own-catalog.test.ts',
} as const;

export const VIEWS: readonly Mutant[] = [
  {
    name: 'local-port-overwritten',
    guarantee: 'What peers say never changes a port of a local Service (S27, I5).',
    ...MERGE_PORTS,
    replace: 'else if (!taken.has(port.port)) taken.set',
    by: 'else taken.set',
    fails: [
      'merged ports > never doubles a name or number, never changes a local port, and does not depend on the order of arrival',
    ],
  },
  {
    name: 'last-cluster-by-name',
    guarantee: 'Exports of one age stand in the order of their clusters’ names (KEP-1645).',
    ...MERGE_PORTS,
    replace: '(a.cluster < b.cluster ? -1 : 1)',
    by: '(a.cluster < b.cluster ? 1 : -1)',
    fails: ['merged ports > takes the first cluster by name at equal age'],
  },
  {
    name: 'age-of-export-ignored',
    guarantee: 'The oldest export gives its ports their names (KEP-1645).',
    ...MERGE_PORTS,
    replace: 'a.exportedAt - b.exportedAt || ',
    by: '0 || ',
    fails: [
      'merged ports > gives a name to the oldest export',
      'merged ports > names both clusters of a conflict',
    ],
  },
  {
    name: 'conflict-not-seen',
    guarantee: 'A port that speaks otherwise is left out (KEP-1645).',
    ...MERGE_PORTS,
    replace: '!speakAlike(same.port.appProtocol, appProtocol)',
    by: 'false',
    fails: ['merged ports > leaves out a port that speaks otherwise'],
  },
  {
    name: 'namespace-consent-ignored',
    guarantee: 'Nothing is imported into a namespace that is not here (S27).',
    ...MESH_VIEW,
    replace: 'namespaces.has(namespace) && ',
    by: '',
    fails: [
      'the view of the proxies > imports nothing into a namespace that is not here (S27)',
      'services of one name in many places (S29) > keeps every (cluster, namespace, name) apart',
    ],
  },
  {
    name: 'system-namespace-imported',
    guarantee: 'Nothing is imported into a system namespace, even where it exists (S27).',
    ...MESH_VIEW,
    replace: '!isSystemService(key)',
    by: "key !== 'default/kubernetes'",
    fails: [
      'the view of the proxies > imports nothing into a system namespace, even where it exists (S27)',
      'the view of the proxies > imports nothing into our own system namespace (S27)',
    ],
  },
  {
    name: 'left-peer-in-view',
    guarantee: 'What a peer offered is gone when it has left (S25).',
    ...MESH_VIEW,
    replace: "link.state !== 'left'",
    by: 'true',
    fails: ['the view of the proxies > keeps a stale peer with its note, and drops one that left'],
  },
  {
    name: 'peer-clash-crosses',
    guarantee: 'Services of one name in two clusters stay apart (S29).',
    ...MESH_VIEW,
    replace: 'held.push({ cluster: info.cluster, service });',
    by: 'held[0] ??= { cluster: info.cluster, service };',
    fails: ['services of one name in many places (S29) > keeps every (cluster, namespace, name) apart'],
  },
  {
    name: 'everything-exported',
    guarantee: 'Only what is exported is offered to others (S1, I3).',
    ...OWN_CATALOG,
    replace: 'return local.exports.has(key) && refusalFor(key, local.services.get(key)) === undefined',
    by: 'return refusalFor(key, local.services.get(key)) === undefined',
    fails: ['services of one name in many places (S29) > keeps every (cluster, namespace, name) apart'],
  },
  {
    name: 'system-namespace-exported',
    guarantee: 'Services of system namespaces are never exported (S27).',
    ...OWN_CATALOG_IN_OWN_CATALOG,
    replace: 'if (isSystemService(key))',
    by: "if (key === 'default/kubernetes')",
    fails: ['the own catalog > offers nothing of a system namespace'],
  },
  {
    name: 'unready-counted-as-ready',
    guarantee: 'What is offered says how many endpoints are ready (F1).',
    ...OWN_CATALOG_IN_OWN_CATALOG,
    replace: 'held.ready + (ready ? 1 : 0)',
    by: 'held.ready + 1',
    fails: [
      'the own catalog > offers exports that exist, with their capacity by zone, accounts and route ids',
      'the own catalog > counts each endpoint once, in its zone',
    ],
  },
];
