/** An ExplainReport as text: a title, a table of shares with their reasons, and what would happen if. */
import { splitServiceKey, type ServiceKey } from '../../model/names.ts';
import type { ExplainReport } from '../../model/report.ts';
import type { GroupShare, Shares } from '../../model/shares.ts';
import { OUTSIDE } from '../failover/levels.ts';

/** Lines joined by `\n`, without a final one. `wide` adds the place of each group and the measured percent by cluster. */
export function renderExplain(report: ExplainReport, { wide }: { readonly wide: boolean }): string {
  const heads = ['SHARE', 'LEVEL', 'CLUSTER', ...(wide ? ['ZONE', 'MEASURED'] : []), 'HEALTHY', 'WHY'];
  const rows = report.shares.groups.map((share, i) => rowOf(share, i, { report, wide }));
  const noPlace = wide ? ['-', '-'] : [];
  const over = 'over what the policy’s cap lets the remaining levels take';
  if (report.shares.shed > 0) rows.push([percent(report.shares.shed), 'shed', '-', ...noPlace, '-', over]);
  const table =
    rows.length === 0 ? ['no cluster offers an endpoint of this service'] : columns([heads, ...rows]);
  return [titleOf(report), ...sourceOf(report), ...table, ...whatIfLine(report)].join('\n');
}

function titleOf({ from, to, port, vantage, policy }: ExplainReport): string {
  const place = `${vantage.cluster} (${vantage.region}/${vantage.zone})`;
  const words =
    policy.name === 'default' ? 'default policy' : `policy ${policy.name}, generation ${policy.generation}`;
  return `${dotted(to)}:${port} as seen by ${dotted(from)} in ${place}         ${words}`;
}

function sourceOf({ seenBy, from }: ExplainReport): string[] {
  return seenBy === 'sidecar'
    ? []
    : [`No sidecar of ${dotted(from)} has reported: this is what the catalog says.`];
}

interface RowContext {
  readonly report: ExplainReport;
  readonly wide: boolean;
}

function rowOf(of: GroupShare, index: number, { report, wide }: RowContext): string[] {
  const { group, level, levelName, share, why } = of;
  const isFirst = report.shares.groups.findIndex((other) => other.group.cluster === group.cluster) === index;
  const measured =
    report.measured === undefined || !isFirst ? '-' : percent(report.measured[group.cluster] ?? 0);
  return [
    percent(share),
    levelName === OUTSIDE ? OUTSIDE : `${level} ${levelName}`,
    group.cluster,
    ...(wide ? [`${group.region}/${group.zone}`, measured] : []),
    `${round(group.healthy)}/${round(group.total)}`,
    why,
  ];
}

function whatIfLine({ whatIf, vantage }: ExplainReport): string[] {
  if (whatIf.length === 0) return [];
  const sentences = whatIf.map(({ down, shares }) => `If ${down} went down: ${outcomeOf(shares)}.`);
  return [`${sentences.join(' ')}       isthmus simulate --down ${whatIf[0]?.down ?? vantage.cluster}`];
}

function outcomeOf({ groups, shed, panic }: Shares): string {
  const alive = groups.some(({ group }) => group.ready > 0);
  if (!alive) return 'nothing would be left to serve it';
  const byCluster = new Map<string, number>();
  for (const { group, share } of groups)
    byCluster.set(group.cluster, (byCluster.get(group.cluster) ?? 0) + share);
  const parts = [...byCluster]
    .filter(([, share]) => share > 0)
    .map(([cluster, share]) => `${cluster} ${percent(share)}`);
  if (shed > 0) parts.push(`${percent(shed)} would be shed (cap)`);
  return `${parts.join(', ')}${panic ? ' (panic: spread over all that is ready)' : ''}`;
}

/** Two spaces between columns; the first, of figures, to the right; the last is not padded. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => (row[i] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, i) => {
        const width = widths[i] ?? 0;
        if (i === 0) return cell.padStart(width);
        return i === row.length - 1 ? cell : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

function dotted(key: ServiceKey): string {
  const { namespace, name } = splitServiceKey(key);
  return `${name}.${namespace}`;
}

function percent(share: number): string {
  return `${round(share)} %`;
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}
