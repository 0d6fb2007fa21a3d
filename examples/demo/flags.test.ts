import { describe, expect, it } from 'vitest';
import { readFlags } from './flags.ts';

describe('readFlags', () => {
  it.each([
    [[], {}],
    [['--rate', '50'], { rate: 50 }],
    [['--story'], { story: true }],
    [['--kubernetes', '--rate=9.5'], { kubernetes: true, rate: 9.5 }],
    [['--kubernetes', '--kind'], { kubernetes: true, kind: true }],
    [['--kubernetes', '--no-kind'], { kubernetes: true, kind: false }],
  ])('reads %j', (args, flags) => {
    const none = { story: false, kubernetes: false, kind: undefined, rate: undefined };
    expect(readFlags(args)).toEqual({ ...none, ...flags });
  });

  it.each([['--rate=0'], ['--rate=fast'], ['--rate=10001'], ['--rate='], ['--speed=5']])(
    'refuses %s',
    (arg) => {
      expect(() => readFlags([arg])).toThrow(arg.split('=')[0]);
    },
  );

  it.each([['--kind'], ['--no-kind']])('refuses %s where no Kubernetes is asked for', (arg) => {
    expect(() => readFlags([arg])).toThrow(`${arg} says how clusters are made for --kubernetes`);
  });

  it('tells who wants a story on Kubernetes where such things are played', () => {
    expect(() => readFlags(['--kubernetes', '--story'])).toThrow('npm run faults');
  });
});
