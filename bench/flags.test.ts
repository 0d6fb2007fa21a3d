import { describe, expect, it } from 'vitest';
import { readFlags } from './flags.ts';
import { FULL, QUICK } from './plan.ts';

describe('the flags of the benchmark', () => {
  it('are the whole run where nothing is said', () => {
    expect(readFlags([])).toEqual({ plan: FULL, only: undefined, against: undefined });
  });

  it('choose scenarios, contenders and rounds; memory is not measured more often than in the plan', () => {
    const flags = readFlags(['--rounds', '3', '--only', 'hop,pair', '--against', 'isthmus,node']);
    expect(flags).toMatchObject({ only: ['hop', 'pair'], against: ['isthmus', 'node'] });
    expect(flags.plan).toEqual({ ...FULL, rounds: 3 });
    expect(readFlags(['--quick', '--rounds', '3']).plan).toEqual({ ...QUICK, rounds: 3 });
    expect(readFlags(['--rounds', '1']).plan).toEqual({ ...FULL, rounds: 1, idleRounds: 1 });
  });

  it.each([
    [['--rounds', '0'], '--rounds 0 is no number of rounds, 1 to 100'],
    [['--rounds', 'x'], '--rounds x is no number of rounds, 1 to 100'],
    [['--rounds', '1.5'], '--rounds 1.5 is no number of rounds, 1 to 100'],
    [['--rounds', '101'], '--rounds 101 is no number of rounds, 1 to 100'],
    [['--only', 'hop,hops'], '--only hops is none of gateway-bulk, gateway-connections'],
    [['--against', 'caddy'], '--against caddy is none of isthmus, nginx, haproxy, envoy, node'],
    [['--fast'], "Unknown option '--fast'"],
  ])('%j are refused: %s', (args, message) => {
    expect(() => readFlags(args)).toThrow(message);
  });
});
