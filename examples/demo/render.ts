/** The demo's picture as text. Pure. */
import { formatStatus } from '../../cli/output/status-table.ts';
import { formatTable } from '../../cli/output/table.ts';
import type { Picture } from './gather.ts';

export function renderPicture(picture: Picture): string {
  const clusters =
    picture.status === undefined ? 'east does not answer' : formatStatus(picture.status, false);
  const rows = picture.flows.map(({ from, service, sent }) => [from, service, percents(sent)]);
  const events = picture.events.map(({ at, text }) => `${new Date(at).toISOString().slice(11, 19)}  ${text}`);
  return [
    clusters,
    '',
    loadLine(picture),
    '',
    formatTable(['CALLER IN', 'SERVICE', 'REQUESTS GO TO'], rows),
    '',
    ...events,
  ].join('\n');
}

/** One line, where stdout is no terminal. */
export function renderLine(picture: Picture): string {
  const cart = picture.flows.find(({ from, service }) => from === 'east' && service.endsWith('/cart'));
  return `${loadLine(picture)}  cart: ${cart === undefined ? '-' : percents(cart.sent)}`;
}

function loadLine({ rate, p50Ms, p99Ms, failed }: Picture): string {
  return `${Math.round(rate)} requests/s  p50 ${Math.round(p50Ms)} ms  p99 ${Math.round(p99Ms)} ms  failed ${failed}`;
}

function percents(sent: Readonly<Record<string, number>>): string {
  const total = Object.values(sent).reduce((a, b) => a + b, 0);
  const parts = Object.entries(sent).sort(([, a], [, b]) => b - a);
  return parts
    .map(([cluster, count]) => `${cluster} ${Math.round((100 * count) / Math.max(1, total))} %`)
    .join('  ');
}
