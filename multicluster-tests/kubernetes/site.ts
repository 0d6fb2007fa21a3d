/** Where a cluster is made: its plan, its node, and the programs at hand. */
import type { ClusterPrograms } from './go-programs.ts';
import type { Node } from './node.ts';
import type { ClusterPlan } from './plan.ts';

export interface Site {
  readonly plan: ClusterPlan;
  readonly node: Node;
  readonly programs: ClusterPrograms;
}
