import { describe, expect, it } from 'vitest';
import { readFlags } from './flags.ts';

describe('readFlags', () => {
  it.each([
    [[], { story: false, kubernetes: false, rate: undefined }],
    [['--rate', '50'], { story: false, kubernetes: false, rate: 50 }],
    [['--story'], { story: true, kubernetes: false, rate: undefined }],
    [['--kubernetes', '--rate=9.5'], { story: false, kubernetes: true, rate: 9.5 }],
  ])('reads %j', (args, flags) => {
    expect(readFlags(args)).toEqual(flags);
  });

  it.each([['--rate=0'], ['--rate=fast'], ['--rate=10001'], ['--rate='], ['--speed=5']])(
    'refuses %s',
    (arg) => {
      expect(() => readFlags([arg])).toThrow(arg.split('=')[0]);
    },
  );

  it('tells who wants a story on Kubernetes where such things are played', () => {
    expect(() => readFlags(['--kubernetes', '--story'])).toThrow('npm run faults');
  });
});
