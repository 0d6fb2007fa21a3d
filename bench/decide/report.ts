/** The measured part of docs/benchmarks.md. */
import { judge } from './bounds.ts';
import { spreadIn, type Results } from './results.ts';
import type { Spread } from '../../mesh/kit/statistics.ts';

export interface Circumstances {
  readonly machine: string;
  /** `nginx 1.22.1`, in the order of the columns. */
  readonly versions: readonly string[];
  readonly contenders: readonly string[];
  readonly command: string;
  readonly date: string;
  readonly rounds: number;
}

interface Line {
  readonly scenario: string;
  readonly metric: string;
  readonly title: string;
  readonly scale: number;
  readonly digits: number;
}

const line = (scenario: string, metric: string, [title, scale, digits]: [string, number, number]): Line => ({
  ...{ scenario, metric, title, scale, digits },
});

const LINES: readonly Line[] = [
  line('gateway-bulk', 'bytesPerSecond', ['gateway: bulk, GB/s', 1e-9, 2]),
  line('gateway-bulk', 'cpuPerGigabyte', ['CPU s per GB', 1, 2]),
  line('gateway-connections', 'connectionsPerSecond', ['gateway: new connections/s', 1, 0]),
  line('gateway-connections', 'cpuPerMillion', ['CPU s per million', 1, 0]),
  line('gateway-idle', 'bytesPerConnection', ['gateway: idle connection, KiB of RSS', 1 / 1024, 1]),
  ...httpLines('hop', 'one hop'),
  line('hop', 'halfRate', ['half of its own peak, requests/s', 1, 0]),
  line('hop', 'halfP99Ms', ['p99 at that rate, ms', 1, 2]),
  line('hop', 'directP99Ms', ['p99 at that rate without a proxy, ms', 1, 2]),
  line('hop', 'addedP99Ms', ['added p99, ms', 1, 2]),
  ...httpLines('pair', 'mTLS pair'),
  ...httpLines('path', 'whole path'),
];

function httpLines(scenario: string, title: string): Line[] {
  return [
    line(scenario, 'requestsPerSecond', [`${title}: peak, requests/s`, 1, 0]),
    line(scenario, 'cpuPerMillion', ['CPU s per million', 1, 1]),
    line(scenario, 'fixedP50Ms', [`p50 at the fixed rate, ms`, 1, 2]),
    line(scenario, 'fixedP99Ms', [`p99 at the fixed rate, ms`, 1, 2]),
  ];
}

export function renderReport(results: Results, circumstances: Circumstances): string {
  const { machine, versions, command, date, rounds } = circumstances;
  return [
    `Measured on ${date}, ${rounds} rounds in turn, by \`${command}\`.`,
    ...['', `- Machine: ${machine}; clients, proxies and application share its cores.`],
    `- Versions: ${versions.join('; ')}.`,
    ...['', '### Bounds', '', ...boundsTable(results), '', '### Figures', ''],
    ...['Median, and lowest to highest of all rounds.', '', ...figuresTable(results, circumstances), ''],
  ].join('\n');
}

function boundsTable(results: Results): string[] {
  const rows = judge(results).map(
    ({ what, bound, measured, met }) =>
      `| ${what} | ${bound} | ${measured ?? 'not measured'} | ${met ? 'yes' : measured === undefined ? '-' : '**no**'} |`,
  );
  return ['| what | bound | measured | met |', '| --- | --- | --- | --- |', ...rows];
}

function figuresTable(results: Results, { contenders }: Circumstances): string[] {
  const rows = LINES.map((one) => {
    const cells = contenders.map((contender) => show(spreadIn(results, { ...one, contender }), one));
    return `| ${one.title} | ${cells.join(' | ')} |`;
  });
  return [`| | ${contenders.join(' | ')} |`, `| --- |${' ---: |'.repeat(contenders.length)}`, ...rows];
}

function show(spread: Spread | undefined, { scale, digits }: Line): string {
  if (spread === undefined) return '-';
  const text = (value: number): string => (value * scale).toFixed(digits);
  const { median, min, max } = spread;
  return min === max ? text(median) : `${text(median)} (${text(min)}-${text(max)})`;
}

export const SECTION_START = '<!-- measured: written by `npm run bench` -->';
export const SECTION_END = '<!-- end of measured -->';

/** Puts the report between the two marks; the rest of the page is written by hand. Throws where a mark is missing. */
export function replaceSection(page: string, report: string): string {
  const [start, end] = [page.indexOf(SECTION_START), page.indexOf(SECTION_END)];
  if (start === -1 || end < start) throw new Error('the page has no place for the report');
  return `${page.slice(0, start + SECTION_START.length)}\n\n${report}\n${page.slice(end)}`;
}
