/** The demo's picture as text. Pure. */
import { formatStatus } from '../../cli/output/status-table.ts';
import { formatTable } from '../../cli/output/table.ts';
import type { Flow } from './flows.ts';
import type { Picture } from './gather.ts';
import type { Verdict } from './story.ts';

const HEADS = ['CALLER IN', 'CALLER', 'SERVICE', 'REQUESTS GO TO', 'RATE', 'P50', 'P99', 'ERRORS'];

export function renderPicture(picture: Picture): string {
  const clusters =
    picture.status === undefined ? 'no controller answers' : formatStatus(picture.status, false);
  const events = picture.events.map(({ at, text }) => `${new Date(at).toISOString().slice(11, 19)}  ${text}`);
  return [
    clusters,
    '',
    loadLine(picture),
    '',
    formatTable(HEADS, picture.flows.map(flowRow)),
    '',
    ...events,
  ].join('\n');
}

/** One line, where stdout is no terminal. */
export function renderLine(picture: Picture): string {
  const cart = picture.flows.find(({ cluster, service }) => cluster === 'east' && service.endsWith('/cart'));
  return `${loadLine(picture)}  cart: ${cart === undefined ? '-' : percents(cart.sent)}`;
}

/** What a story measured, beside its bounds. */
export function renderVerdicts(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ what, measured, bound, met }) => [
    ...[what, measured, bound],
    met ? 'met' : 'MISSED',
  ]);
  return formatTable(['WHAT', 'MEASURED', 'BOUND', ''], rows);
}

function loadLine({ rate, p50Ms, p99Ms, failed, requests }: Picture): string {
  return `${Math.round(rate)} requests/s  p50 ${Math.round(p50Ms)} ms  p99 ${Math.round(p99Ms)} ms  failed ${failed} of ${requests}`;
}

function flowRow({ cluster, caller, service, sent, failed, rate, p50Ms, p99Ms }: Flow): string[] {
  const total = totalOf(sent);
  return [
    ...[cluster, caller, service, percents(sent), `${Math.round(rate)}/s`],
    ...[`${Math.round(p50Ms)} ms`, `${Math.round(p99Ms)} ms`],
    total === 0 ? '-' : `${round1((100 * failed) / total)} %`,
  ];
}

/** Largest first. */
function percents(sent: Readonly<Record<string, number>>): string {
  const total = totalOf(sent);
  if (total === 0) return '-';
  const parts = Object.entries(sent).sort(([, a], [, b]) => b - a);
  return parts.map(([cluster, count]) => `${cluster} ${Math.round((100 * count) / total)} %`).join('  ');
}

function totalOf(sent: Readonly<Record<string, number>>): number {
  return Object.values(sent).reduce((a, b) => a + b, 0);
}

function round1(value: number): number {
  return Math.round(10 * value) / 10;
}
