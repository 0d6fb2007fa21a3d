/**
 * The shape of a ground: names, addresses and places, decided before anything is made.
 *
 * All clusters hang on one bridge in the ground's own network namespace, which has no way out. A cluster is one node in
 * a network namespace of its own. In the layout `overlapping` every cluster has the same pod and service ranges, and
 * only node addresses are reached from outside a cluster; in `flat` each has its own, and pods of all reach each other.
 */
import path from 'node:path';

/** Holds all that a ground writes; safe to delete when no ground is up. */
const GROUNDS = '/var/cache/isthmus-ground';

const CLUSTER_NAMES = ['east', 'west', 'north'] as const;
const REGIONS = ['eu', 'us', 'ap'] as const;
export const MOST_CLUSTERS = CLUSTER_NAMES.length;

export const LAYOUTS = ['overlapping', 'flat'] as const;
export type Layout = (typeof LAYOUTS)[number];

export interface ClusterPlan {
  readonly name: string;
  /** The node's network namespace. */
  readonly namespace: string;
  readonly folder: string;
  readonly cgroup: string;
  readonly nodeAddress: string;
  /** Of the whole cluster, and of its one node. */
  readonly podRange: string;
  readonly nodePodRange: string;
  readonly serviceRange: string;
  /** Where pods find the API server. */
  readonly apiAddress: string;
  /** Whether pods that call outside their cluster do so under their node's address. */
  readonly masquerade: boolean;
  readonly region: string;
  readonly zone: string;
}

export interface GroundPlan {
  readonly name: string;
  readonly layout: Layout;
  /** The namespace of the bridge, from which all nodes are reached. */
  readonly namespace: string;
  readonly folder: string;
  readonly clusters: readonly ClusterPlan[];
}

export const BRIDGE_ADDRESS = '10.111.0.1';

export function planGround(options: { name: string; clusters: number; layout: Layout }): GroundPlan {
  const { name, clusters, layout } = options;
  const named = CLUSTER_NAMES.slice(0, clusters);
  return {
    ...{ name, layout, namespace: groundNamespace(name), folder: groundFolder(name) },
    clusters: named.map((cluster, index) => planCluster({ ground: name, cluster, index, layout })),
  };
}

function planCluster(of: { ground: string; cluster: string; index: number; layout: Layout }): ClusterPlan {
  const { ground, cluster, index, layout } = of;
  const own = layout === 'flat' ? index : 0;
  const region = REGIONS[index] ?? `region-${index}`;
  return {
    name: cluster,
    namespace: `${groundNamespace(ground)}-${cluster}`,
    folder: path.join(groundFolder(ground), cluster),
    cgroup: `${groundNamespace(ground)}-${cluster}`,
    nodeAddress: `10.111.0.${11 + index}`,
    podRange: `10.${244 + own}.0.0/16`,
    nodePodRange: `10.${244 + own}.0.0/24`,
    serviceRange: `10.${96 + own}.0.0/16`,
    apiAddress: `10.${96 + own}.0.1`,
    masquerade: layout === 'overlapping',
    region,
    zone: `${region}-1`,
  };
}

/** Of namespaces and control groups; those of the clusters begin with it and a dash. */
function groundNamespace(ground: string): string {
  return `isthmus-${ground}`;
}

/** Where the kernel's network namespaces have their names. */
export const NETWORK_NAMESPACES = '/run/netns';

/** Whether a namespace or a control group is of this ground: `isthmus-test1` is not of the ground `test`. */
export function isOfGround(ground: string, name: string): boolean {
  return name === groundNamespace(ground) || name.startsWith(`${groundNamespace(ground)}-`);
}

export function groundFolder(ground: string): string {
  return path.join(GROUNDS, ground);
}
