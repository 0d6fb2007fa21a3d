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

const NEAR_HOSTS = {
  file: 'federation/decide/near-hosts.ts',
  test: 'federation/decide/near-hosts.test.ts',
} as const;

export const HOSTS: readonly Mutant[] = [
  {
    name: 'own-address-stated',
    guarantee: 'A peer has no address of this cluster, whatever it states (S26).',
    ...NEAR_HOSTS,
    replace: 'const isOwn = ownAddresses?.has(address) === true;',
    by: 'const isOwn = ownAddresses === undefined;',
    fails: [
      'a pod of a headless service > has no address of this cluster, whatever a peer states, which is said (S26)',
    ],
  },
  {
    name: 'address-of-two-clusters',
    guarantee: 'An address that two clusters state is called as that of one, and the other is named (S26).',
    ...NEAR_HOSTS,
    replace: 'if (!isOwn && holder === info.cluster) {',
    by: 'if (!isOwn) {',
    fails: [
      'a pod of a headless service > has no address that another cluster states as well, of which the first by name has it',
    ],
  },
  {
    name: 'near-host-of-another-network',
    guarantee: 'Only in one network is a pod called at its own address (decision 0019).',
    ...NEAR_HOSTS,
    replace: 'info.network === network && link',
    by: "info.network !== '' && link",
    fails: ['a pod of a headless service > is called through a gateway where …'],
  },
  {
    name: 'several-pods-as-one',
    guarantee: 'Who calls the address of a pod gets to that pod and no other (decision 0019).',
    file: 'federation/decide/own-hosts.ts',
    test: 'federation/decide/near-hosts.test.ts',
    replace: 'alike.length === 1 ?',
    by: 'alike.length > 0 ?',
    fails: [
      'a pod of a headless service > is left to its own address, without the mesh, where it shares its name with another',
    ],
  },
  {
    name: 'sidecar-address-crosses',
    guarantee: 'Where sidecars are is not told to other networks (docs/joining.md).',
    file: 'federation/decide/own-catalog.ts',
    test: 'federation/decide/near-hosts.test.ts',
    replace: 'withPods ? local.sidecars?.get(key) : undefined',
    by: 'local.sidecars?.get(key)',
    fails: [
      'a pod of a headless service > is told with its sidecar only by a cluster that shares its network',
    ],
  },
  {
    name: 'sidecar-of-a-service',
    guarantee: 'A peer states where a sidecar is of single pods only (S26).',
    file: 'federation/decide/parse-service.ts',
    test: 'federation/decide/import-hosts.test.ts',
    replace: "if (parseHostKey(key) === undefined) return bad('',",
    by: "if (key === '') return bad('',",
    fails: ['a host that a peer states > is no service, which has no sidecar of its own'],
  },
  {
    name: 'near-pod-through-gateway',
    guarantee: 'A pod of the same network is called where it is, past every gateway (decision 0019).',
    file: 'sidecar/outbound/lane.ts',
    test: 'sidecar/capture.test.ts',
    replace: 'if (sidecar !== undefined) return [lane(',
    by: "if (sidecar?.address === '') return [lane(",
    fails: [
      'a captured connection > to a pod of a headless service of the same network…',
      'a captured connection > to such a pod of west…',
    ],
  },
  {
    name: 'address-followed',
    guarantee: 'Who called the address of a pod is led to no other that a peer states for it later (S26).',
    file: 'sidecar/outbound/destinations.ts',
    test: 'sidecar/outbound/destinations.test.ts',
    replace: 'return at === undefined || seen.clustersetIps?.includes(at) === true ?',
    by: 'return at !== "" ?',
    fails: ['knows a pod by the address that was called, and by no other that its cluster states later'],
  },
  {
    name: 'pod-by-one-name',
    guarantee: 'A pod is called at its address by whatever name its callers have for it (decision 0019).',
    file: 'sidecar/outbound/proxy-routes.ts',
    test: 'sidecar/capture.test.ts',
    replace: 'if (!isPod && head.host !== accepted) {',
    by: 'if (head.host !== accepted) {',
    fails: [
      'a captured connection > to a pod of a headless service of the same network goes straight there, whatever its Host is: cart.shop.svc.clusterset.local',
      'a captured connection > to a pod of a headless service of the same network goes straight there, whatever its Host is: cart-0.cart',
    ],
  },
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
