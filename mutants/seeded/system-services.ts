/** Services that every cluster has for itself: nobody else's stands in for them, and who makes objects about one is told. */
import type { Mutant } from '../mutant.ts';

export const SYSTEM_SERVICES: readonly Mutant[] = [
  {
    name: 'api-server-imported',
    guarantee: 'The API server of a peer is never imported as that of this cluster (KEP-1645).',
    ...{ file: 'federation/decide/mesh-view.ts', test: 'federation/decide/mesh-view.test.ts' },
    replace: '!isSystemService(key)',
    by: "!isSystemService((namespace + '/x') as ServiceKey)",
    fails: ['the view of the proxies > imports nothing into the place of the API server (S27)'],
  },
  {
    name: 'system-export-unsaid',
    guarantee: 'Who exports a service of a system namespace is told that it is not offered (M16).',
    ...{
      file: 'mesh/adapters/kubernetes/read-object.ts',
      test: 'mesh/adapters/kubernetes/read-object.test.ts',
    },
    replace: "if (kind === 'ServiceExport') return systemExport(object);",
    by: '',
    fails: [
      'an object of a system namespace > is read if it is an export, so that its owner can be told that it offers nothing',
    ],
  },
  {
    name: 'system-policy-unsaid',
    guarantee: 'Who makes a policy in a system namespace is told that it holds for nothing (GEP-713).',
    ...{
      file: 'mesh/adapters/kubernetes/read-object.ts',
      test: 'mesh/adapters/kubernetes/read-object.test.ts',
    },
    replace: "kind === 'FailoverPolicy' || kind === 'AccessPolicy' ? systemPolicy(kind, object) : undefined",
    by: "kind === 'FailoverPolicy' ? systemPolicy(kind, object) : undefined",
    fails: [
      'an object of a system namespace > is read if it is a policy, so that its owner can be told that it holds for nothing: AccessPolicy',
    ],
  },
];
