/** The pods of headless services across networks, each by itself. */
import type { Mutant } from '../mutant.ts';

const OWN_HOSTS = {
  file: 'federation/decide/own-hosts.ts',
  test: 'federation/decide/own-hosts.test.ts',
} as const;
const IMPORT_HOSTS = {
  file: 'federation/decide/import-hosts.ts',
  test: 'federation/decide/import-hosts.test.ts',
} as const;

export const HOSTS: readonly Mutant[] = [
  {
    name: 'host-of-another-cluster',
    guarantee: 'A peer states pods of its own cluster only (S26).',
    file: 'federation/decide/parse-service.ts',
    test: 'federation/decide/import-hosts.test.ts',
    replace: '?.cluster ?? origin) !== origin)',
    by: "?.cluster ?? origin) === '')",
    fails: ['a host that a peer states > is of its own cluster, and of no other (S26)'],
  },
  {
    name: 'host-without-policy',
    guarantee: 'A policy for a headless service holds for each of its pods, however it is called (S7).',
    file: 'mesh/decide/access/decide-access.ts',
    test: 'mesh/decide/access/decide-access.test.ts',
    replace: 'policy.target === serviceOf(service)',
    by: 'policy.target === service && serviceOf(service) !== undefined',
    fails: [
      'decideAccess > holds a policy for a headless service for each of its hosts, and for those of no other',
    ],
  },
  {
    name: 'host-at-any-endpoint',
    guarantee: 'The name of a pod leads to that pod alone (KEP-1645, M26).',
    ...OWN_HOSTS,
    replace: 'endpoints.filter(({ address }) => addresses.has(address))',
    by: 'endpoints',
    fails: [
      'the pods of a headless service that is exported > have the sidecar or the plain proxies that lead to that one pod, and to no other',
    ],
  },
  {
    name: 'other-host-answered',
    guarantee: 'A sidecar answers for no other pod of its service (S7).',
    file: 'sidecar/inbound/local-ports.ts',
    test: 'sidecar/inbound/local-ports.test.ts',
    replace: 'local.some(({ id }) => id === proxy)',
    by: 'local.length > 0',
    fails: ['what a workload answers for > is never another pod of its service'],
  },
  {
    name: 'address-in-host-name',
    guarantee: 'Addresses of pods do not go to other networks (docs/joining.md).',
    ...OWN_HOSTS,
    replace: 'routeIdOf(`${service}/${address}` as ServiceKey, 0).slice(0, 10)',
    by: "address.replaceAll(/[.:]/g, '-')",
    fails: [
      'the pods of a headless service that is exported > are named by what tells nothing of their addresses where they have no names',
    ],
  },
  {
    name: 'gone-host-forgotten',
    guarantee: 'A pod that comes back under its name has the address that it had (KEP-1645, M26).',
    ...OWN_HOSTS,
    replace: 'before.filter((name) => !found.has(name))',
    by: 'before.filter((name) => found.size < 0 && !found.has(name))',
    fails: [
      'the pods of a headless service that is exported > have each of their ports once, however many ports of the Service lead there',
      'the name of a pod that has gone > is kept, with no endpoint, until it is back',
      'the name of a pod that has gone > is given up with the export, and for pods that are there',
    ],
  },
  {
    name: 'gone-host-named',
    guarantee: 'A headless import has no endpoint for a pod that is not there (S43).',
    ...IMPORT_HOSTS,
    replace: 'if (offered.zones.length === 0) continue;',
    by: 'if (offered.zones.length < 0) continue;',
    fails: ['a headless service of another network > has no address of a pod that has gone, which keeps it'],
  },
];
