/** The text of `isthmus simulate`. */
import type { SimulateReport } from '../../mesh/model/report.ts';
import type { Shares } from '../../mesh/model/shares.ts';
import { formatTable } from './table.ts';

export function formatSimulation(report: SimulateReport): string {
  const rows = report.services.map(({ from, to, port, before, after }) => [
    ...[from ?? '-', `${to}:${port}`, formatShares(before), formatShares(after)],
  ]);
  return formatTable(['CALLER', 'SERVICE', 'NOW', `WITH ${report.down.join(', ')} DOWN`], rows);
}

/** Percent by cluster, largest first. */
function formatShares(shares: Shares): string {
  const byCluster = new Map<string, number>();
  for (const { group, share } of shares.groups)
    byCluster.set(group.cluster, (byCluster.get(group.cluster) ?? 0) + share);
  const parts = [...byCluster].filter(([, share]) => share > 0).sort(([, a], [, b]) => b - a);
  const words = parts.map(([cluster, share]) => `${cluster} ${Math.round(share)} %`);
  if (shares.shed > 0) words.push(`shed ${Math.round(shares.shed)} %`);
  return words.length === 0 ? 'nobody' : words.join(', ') + (shares.panic ? ' (panic)' : '');
}
