/** The text of `isthmus status`. Pure: report in, lines out. */
import type { ClusterStatus, StatusReport } from '../../mesh/model/report.ts';
import { formatAge } from './age.ts';
import { formatTable } from './table.ts';

const HEADS = ['CLUSTER', 'REGION/ZONE', 'LINK', 'GATEWAYS', 'EXPORTS', 'IMPORTS', 'TRUST', 'SINCE'];

export function formatStatus(report: StatusReport, wide: boolean): string {
  const root = report.rootFingerprint.slice(0, 4).replace(/^(..)(..)$/, '$1:$2');
  const title = `MESH ${report.mesh}   ${report.clusters.length} clusters, ${report.sharedServices} services shared, root ${root}, bundle ${report.bundleVersion}`;
  const heads = wide ? [...HEADS, 'VERSION', 'NOTE'] : HEADS;
  const rows = report.clusters.map((cluster) => clusterRow(cluster, report.now, wide));
  const faults = report.faults.map(
    (f) => `! ${f.subject}: ${f.field === undefined ? '' : `${f.field}: `}${f.message}  [${f.code}]`,
  );
  return [title, formatTable(heads, rows), ...faults].join('\n');
}

function clusterRow(cluster: ClusterStatus, now: number, wide: boolean): string[] {
  const since = cluster.link === undefined ? '' : formatAge(now - cluster.link.since);
  const row = [
    cluster.cluster,
    `${cluster.region}/${cluster.zone}`,
    formatLink(cluster, now),
    cluster.gateways === 0 ? '-' : String(cluster.gateways),
    String(cluster.exports),
    String(cluster.imports),
    cluster.trustEndsAt === undefined ? '-' : `valid ${formatAge(cluster.trustEndsAt - now)}`,
    since,
  ];
  return wide ? [...row, cluster.version, cluster.link?.note ?? ''] : row;
}

function formatLink(cluster: ClusterStatus, now: number): string {
  if (cluster.self || cluster.link === undefined) return 'this cluster';
  const { state, rttMs, since } = cluster.link;
  if (state === 'up') return rttMs === undefined ? 'up' : `up ${Math.round(rttMs)} ms`;
  return `${state} ${formatAge(now - since)} !`;
}
