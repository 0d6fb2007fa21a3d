/** What was seen, as a table, and whether all of it is within its bound. */
import { formatTable } from '../../../cli/output/table.ts';

export interface Row {
  readonly what: string;
  readonly seen: string;
  readonly bound: string;
  /** What Istio did on such clusters. */
  readonly istio: string;
  readonly isMet: boolean;
}

export function reportText(rows: readonly Row[]): string {
  const cells = rows.map(({ what, seen, bound, istio, isMet }) => [
    ...[what, seen, bound, istio],
    isMet ? 'met' : 'MISSED',
  ]);
  return formatTable(['WHAT', 'SEEN', 'BOUND', 'ISTIO', ''], cells);
}
