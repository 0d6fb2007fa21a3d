/** What Isthmus is to keep up with, and whether a run does. */
import { spreadIn, valuesOf, type Results } from './results.ts';
import { medianRatio } from '../../mesh/kit/statistics.ts';

export interface Judged {
  readonly what: string;
  readonly bound: string;
  /** As it is printed; undefined where what it is compared with was not there. */
  readonly measured: string | undefined;
  readonly met: boolean;
}

interface RatioBound {
  readonly what: string;
  readonly scenario: string;
  readonly metric: string;
  /** The best of them counts. */
  readonly against: readonly string[];
  readonly atLeast: number;
}

const RATIOS: readonly RatioBound[] = [
  {
    ...{ what: 'gateway, bulk', scenario: 'gateway-bulk', metric: 'bytesPerSecond' },
    ...{ against: ['nginx', 'haproxy'], atLeast: 0.95 },
  },
  {
    ...{ what: 'gateway, new connections', scenario: 'gateway-connections', metric: 'connectionsPerSecond' },
    ...{ against: ['nginx', 'haproxy'], atLeast: 0.8 },
  },
  {
    ...{ what: 'one hop, plain HTTP/1.1', scenario: 'hop', metric: 'requestsPerSecond' },
    ...{ against: ['nginx'], atLeast: 0.9 },
  },
  {
    ...{ what: 'one hop, plain HTTP/1.1', scenario: 'hop', metric: 'requestsPerSecond' },
    ...{ against: ['envoy'], atLeast: 2.5 },
  },
  {
    ...{ what: 'mTLS pair', scenario: 'pair', metric: 'requestsPerSecond' },
    ...{ against: ['nginx'], atLeast: 0.65 },
  },
  {
    ...{ what: 'mTLS pair', scenario: 'pair', metric: 'requestsPerSecond' },
    ...{ against: ['envoy'], atLeast: 2 },
  },
];

const IDLE_KIB = 18;
const ADDED_P99 = 1.5;

export function judge(results: Results): Judged[] {
  return [...RATIOS.map((bound) => judgeRatio(results, bound)), judgeIdle(results), judgeAdded(results)];
}

function judgeRatio(results: Results, { what, scenario, metric, against, atLeast }: RatioBound): Judged {
  const ours = valuesOf(results, { scenario, contender: 'isthmus', metric });
  const theirs = bestOf(against.map((contender) => valuesOf(results, { scenario, contender, metric })));
  const ratio = medianRatio(ours, theirs);
  return {
    what,
    bound: `at least ${atLeast} x ${against.length > 1 ? `the better of ${against.join(' and ')}` : against[0]}`,
    measured: ratio === undefined ? undefined : `${ratio.toFixed(2)} x`,
    met: ratio !== undefined && ratio >= atLeast,
  };
}

/** Round by round the highest of what was measured. */
function bestOf(columns: readonly (readonly (number | undefined)[])[]): (number | undefined)[] {
  const rounds = Math.max(...columns.map((column) => column.length));
  return Array.from({ length: rounds }, (_, round) => {
    const known = columns.flatMap((column) => column[round] ?? []);
    return known.length === 0 ? undefined : Math.max(...known);
  });
}

function judgeIdle(results: Results): Judged {
  const cell = { scenario: 'gateway-idle', contender: 'isthmus', metric: 'bytesPerConnection' };
  const bytes = spreadIn(results, cell)?.median;
  return {
    what: 'gateway, an idle connection',
    bound: `at most ${IDLE_KIB} KiB of RSS`,
    measured: bytes === undefined ? undefined : `${(bytes / 1024).toFixed(1)} KiB`,
    met: bytes !== undefined && bytes <= IDLE_KIB * 1024,
  };
}

/** Of medians, because the difference of two tails is too noisy to divide round by round. */
function judgeAdded(results: Results): Judged {
  const added = (contender: string): number | undefined =>
    spreadIn(results, { scenario: 'hop', contender, metric: 'addedP99Ms' })?.median;
  const [ours, theirs] = [added('isthmus'), added('nginx')];
  const known = ours !== undefined && theirs !== undefined;
  return {
    what: 'one hop, added p99 at half of its own peak',
    bound: `at most ${ADDED_P99} x what nginx adds`,
    measured: known ? `${ours.toFixed(2)} ms against ${theirs.toFixed(2)} ms` : undefined,
    met: known && ours <= ADDED_P99 * theirs,
  };
}
