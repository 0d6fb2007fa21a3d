/** The text of `isthmus status`. Pure: report in, lines out. */
import type { ClusterStatus, StatusReport } from '../../mesh/model/report.ts';
import { formatAge } from './age.ts';
import { formatTable } from './table.ts';

/** What a screen holds; one mistake can be many faults. */
const MAX_FAULTS = 20;

const HEADS = ['CLUSTER', 'REGION/ZONE', 'LINK', 'GATEWAYS', 'EXPORTS', 'IMPORTS', 'TRUST', 'SINCE'];

export function formatStatus(report: StatusReport, wide: boolean): string {
  const root = report.rootFingerprint.slice(0, 4).replace(/^(..)(..)$/, '$1:$2');
  const title = `MESH ${report.mesh}   ${count(report.clusters.length, 'cluster')}, ${count(report.sharedServices, 'service')} shared, root ${root}, bundle ${report.bundleVersion}`;
  const heads = wide ? [...HEADS, 'VERSION', 'NOTE'] : HEADS;
  const rows = report.clusters.map((cluster) => clusterRow(cluster, report.now, wide));
  const faults = report.faults
    .slice(0, MAX_FAULTS)
    .map((f) => `! ${f.subject}: ${f.field === undefined ? '' : `${f.field}: `}${f.message}  [${f.code}]`);
  const more = report.faults.length - faults.length;
  const rest = more > 0 ? [`! and ${more} more: isthmus status -o json`] : [];
  return [title, formatTable(heads, rows), ...faults, ...rest].join('\n');
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
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
