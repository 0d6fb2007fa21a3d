/** Which of two streams between the same clusters survives. Both ends decide alike, so both keep the same one. */
import type { ClusterName } from '../../mesh/model/names.ts';

export interface OpenStream {
  readonly dialledBy: ClusterName;
}

/**
 * The one that the cluster with the smaller name dialled; of two by the same dialler the newer, since a cluster dials
 * again only when it has lost the older.
 */
export function newerSurvives(older: OpenStream, newer: OpenStream): boolean {
  return newer.dialledBy <= older.dialledBy;
}
