/** What can be said to `npm run demo --`. */
import { parseArgs } from 'node:util';

export interface Flags {
  /** Plays what can go wrong on standalone clusters, and ends. */
  readonly story: boolean;
  /** On real Kubernetes clusters in place of standalone ones. */
  readonly kubernetes: boolean;
  /** Made by kind, or not; absent: where kind, docker and kubectl are at hand. */
  readonly kind: boolean | undefined;
  /** Requests per second; absent: what the machine of a developer bears. */
  readonly rate: number | undefined;
}

/** Throws with what is wrong. */
export function readFlags(args: readonly string[]): Flags {
  const { values } = parseArgs({
    args: [...args],
    options: {
      story: { type: 'boolean', default: false },
      kubernetes: { type: 'boolean', default: false },
      kind: { type: 'boolean' },
      rate: { type: 'string' },
    },
    allowNegative: true,
  });
  const { story, kubernetes, kind } = values;
  if (kind !== undefined && !kubernetes)
    throw new Error(`${kind ? '--kind' : '--no-kind'} says how clusters are made for --kubernetes`);
  if (story && kubernetes)
    throw new Error('--story plays on standalone clusters; on Kubernetes, npm run faults does such things');
  const rate = values.rate === undefined ? undefined : Number(values.rate);
  if (rate !== undefined && !(rate > 0 && rate <= 10_000))
    throw new Error(`--rate ${values.rate} is no number of requests per second, at most 10000`);
  return { story, kubernetes, kind, rate };
}
