import { describe, expect, it } from 'vitest';
import type { EndpointGroup } from '../../model/shares.ts';
import { decide, group, whyByCluster } from './testing/sample-groups.ts';

describe('the reasons', () => {
  const why = (groups: EndpointGroup[], policy = {}): Record<string, string> =>
    whyByCluster(decide(groups, policy));

  it('are those of the sample session', () => {
    const shares = decide([group('east', [2, 4]), group('east2', [3, 3]), group('west', [3, 3])], {
      cap: 80,
    });
    expect(shares.groups.map(({ share, level, levelName }) => [Math.round(share), level, levelName])).toEqual(
      [
        [70, 0, 'same zone'],
        [30, 1, 'same region'],
        [0, 4, 'other region'],
      ],
    );
    expect(whyByCluster(shares)).toEqual({
      east: '50 % healthy is under the threshold of 71.4 %: 50/71.4 = 70 % stays, the rest spills',
      east2: 'takes the spill, within its cap of 80 %',
      west: 'not needed',
    });
  });

  it.each<[string, EndpointGroup[], string, string]>([
    ['all well', [group('east', [4, 4])], 'east', 'healthy enough to take all'],
    [
      'none healthy',
      [group('east', [0, 4], { note: 'ejected' }), group('west', [1, 1])],
      'east',
      'nothing healthy here; ejected',
    ],
    ['scaled to nothing', [group('east', [0, 0]), group('west', [1, 1])], 'east', 'no endpoint here'],
    [
      'ramping',
      [group('east', [4, 4], { ramp: 0.357 }), group('west', [1, 1])],
      'east',
      'while it ramps up, 50 % stays, the rest spills; ramping up: 36 %',
    ],
    [
      'held back',
      [group('east', [4, 4], { ramp: 0 }), group('west', [1, 1])],
      'east',
      'recovered, but held back for now; ramping up: 0 %',
    ],
    [
      'spill that spills on',
      [group('east', [0, 4]), group('east2', [1, 2]), group('west', [1, 1])],
      'east2',
      'takes the spill; 50 % healthy is under the threshold of 71.4 %: 50/71.4 = 70 % at most',
    ],
    [
      'too little elsewhere',
      [group('east', [3, 6]), group('west', [1, 10])],
      'east',
      '50 % healthy is under the threshold of 71.4 %: 50/71.4 = 70 % could stay, but too little is healthy elsewhere: keeps 83.3 %',
    ],
  ])('%s', (_, groups, name, words) => {
    expect(why(groups, { panic: 0 })[name]).toBe(words);
  });

  it('say what part a weight gives', () => {
    const clusters = [
      { name: 'west', weight: 3 },
      { name: 'east', weight: 1 },
    ];
    const levels = [{ kind: 'clusters', clusters }];
    expect(why([group('east', [1, 1]), group('west', [2, 2])], { levels })).toEqual({
      east: 'its level is healthy enough to take all; weight 1 of 4 in its level',
      west: 'its level is healthy enough to take all; weight 3 of 4 in its level',
    });
    expect(why([group('west', [2, 2])], { levels }).west).toBe('healthy enough to take all');
  });
});
