/** What the shop needs of a real Kubernetes cluster, whoever made it. */
import type { Cluster } from '../cluster.ts';

export interface ShopCluster extends Pick<Cluster, 'kubectl'> {
  /** A site of the shop, and the name of a context in `kubeconfig`. */
  readonly name: string;
  /** A file, with the right to everything. */
  readonly kubeconfig: string;
}

/** The first cluster has the front page of the shop, and founds the mesh. */
export interface ShopGround {
  readonly clusters: readonly ShopCluster[];
  /** Every node has it: Node, and Isthmus. */
  readonly image: string;
  /** Of a node of the first cluster, reached from this process. */
  readonly nodeAddress: string;
  /** Lines for another terminal. */
  whatToTry(): string;
}
