/** What can be said to `npm run bench --`. */
import { parseArgs } from 'node:util';
import { CONTENDERS } from './contenders/contender.ts';
import { FULL, QUICK, type Plan } from './plan.ts';
import { scenarios } from './scenarios.ts';

export interface Flags {
  readonly plan: Plan;
  /** Scenarios, by name; absent: all. */
  readonly only: readonly string[] | undefined;
  /** Contenders, by name; absent: all but `node`, which is no peer. */
  readonly against: readonly string[] | undefined;
}

const SCENARIOS = scenarios(QUICK).map(({ name }) => name);
const MAX_ROUNDS = 100;

export const USAGE = `npm run bench -- [--quick] [--rounds <1-${MAX_ROUNDS}>] [--only <a,b>] [--against <a,b>]
  --only     of ${SCENARIOS.join(', ')}
  --against  of ${[...CONTENDERS, 'node'].join(', ')}`;

/** Throws with what is wrong. */
export function readFlags(args: readonly string[]): Flags {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      against: { type: 'string' },
      rounds: { type: 'string' },
    },
  });
  return {
    plan: withRounds(values.quick ? QUICK : FULL, values.rounds),
    only: readNames('only', SCENARIOS, values.only),
    against: readNames('against', [...CONTENDERS, 'node'], values.against),
  };
}

function withRounds(plan: Plan, text: string | undefined): Plan {
  if (text === undefined) return plan;
  const rounds = Number(text);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > MAX_ROUNDS)
    throw new Error(`--rounds ${text} is no number of rounds, 1 to ${MAX_ROUNDS}`);
  return { ...plan, rounds, idleRounds: Math.min(rounds, plan.idleRounds) };
}

function readNames(flag: string, known: readonly string[], text: string | undefined): string[] | undefined {
  const names = text?.split(',');
  const unknown = names?.find((name) => !known.includes(name));
  if (unknown === undefined) return names;
  throw new Error(`--${flag} ${unknown} is none of ${known.join(', ')}`);
}
