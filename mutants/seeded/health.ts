/** What is taken to be ill, and what retries may cost: ejection, silence, the budget. */
import type { Mutant } from '../mutant.ts';

const RETRY_BUDGET = {
  file: 'mesh/decide/retry-budget.ts',
  test: 'mesh/decide/retry-budget.test.ts',
} as const;
const OUTLIER = {
  file: 'mesh/decide/health/outlier.ts',
  test: 'mesh/decide/health/outlier.test.ts',
} as const;
const SILENCE = {
  file: 'mesh/decide/health/silence.ts',
  test: 'mesh/decide/health/silence.test.ts',
} as const;
const LANE_HEALTH = {
  file: 'sidecar/outbound/lane-health.ts',
  test: 'sidecar/outbound/lane-health.test.ts',
} as const;

export const HEALTH: readonly Mutant[] = [
  {
    name: 'budget-unlimited',
    guarantee: 'Retries add a fifth to the load at most (F7).',
    ...RETRY_BUDGET,
    replace: 'sum(budget.retries) + 1 > allowance(budget)',
    by: 'sum(budget.retries) + 1 > 10 * allowance(budget)',
    fails: [
      'the retry budget > is 20 % of the last 10 s, and 100 at least',
      'the retry budget > adds no more than a fifth to a service that fails everything (F7)',
      'the retry budget > never grants more than its allowance in any ten of its seconds, at whatever pace',
    ],
  },
  {
    name: 'budget-of-a-half',
    guarantee: 'The retry budget is 20 % (F7).',
    ...RETRY_BUDGET,
    replace: 'const PERCENT = 20',
    by: 'const PERCENT = 50',
    fails: [
      'the retry budget > is 20 % of the last 10 s, and 100 at least',
      'the retry budget > adds no more than a fifth to a service that fails everything (F7)',
      'the retry budget > never grants more than its allowance in any ten of its seconds, at whatever pace',
    ],
  },
  {
    name: 'budget-never-forgets',
    guarantee: 'The budget is that of the last ten seconds (F7).',
    ...RETRY_BUDGET,
    replace: 'budget.requests[passed % SECONDS] = 0;',
    by: '',
    fails: [
      'the retry budget > is 20 % of the last 10 s, and 100 at least',
      'the retry budget > adds no more than a fifth to a service that fails everything (F7)',
      'the retry budget > never grants more than its allowance in any ten of its seconds, at whatever pace',
    ],
  },
  {
    name: 'fourth-failure-ejects',
    guarantee: 'Five failures in a row eject (F8).',
    ...OUTLIER,
    replace: 'failuresInRow < at.settings.failures',
    by: 'failuresInRow < at.settings.failures - 1',
    fails: [
      'outlier ejection > takes five failures in a row; a success begins anew',
      'outlier ejection > ends the first pause, with jitter 0, after 750 ms',
      'outlier ejection > ends the first pause, with jitter 0.999, after 1249.5 ms',
      'outlier ejection > never grants two trials at once, nor one during a pause, nor a pause over 75 s',
    ],
  },
  {
    name: 'two-trials-at-once',
    guarantee: 'After a pause one request tries, not all of them (F8).',
    ...OUTLIER,
    replace: ' || state.trial === true',
    by: '',
    fails: [
      'outlier ejection > grants one trial after the pause, and doubles the pause when that fails too, up to a minute',
    ],
  },
  {
    name: 'pause-unbounded',
    guarantee: 'A pause lasts a minute at most (F8).',
    ...OUTLIER,
    replace: 'Math.min(at.settings.longestPauseMs,',
    by: 'Math.max(0,',
    fails: [
      'outlier ejection > grants one trial after the pause, and doubles the pause when that fails too, up to a minute',
    ],
  },
  {
    name: 'pause-without-jitter',
    guarantee: 'The ends of pauses are spread (F5).',
    ...OUTLIER,
    replace: '(0.75 + 0.5 * at.jitter)',
    by: '1',
    fails: [
      'outlier ejection > ends the first pause, with jitter 0, after 750 ms',
      'outlier ejection > ends the first pause, with jitter 0.999, after 1249.5 ms',
    ],
  },
  {
    name: 'pause-does-not-grow',
    guarantee: 'A target that fails its trial waits longer (F8).',
    ...OUTLIER,
    replace: '2 ** state.ejections',
    by: '1',
    fails: [
      'outlier ejection > grants one trial after the pause, and doubles the pause when that fails too, up to a minute',
    ],
  },
  {
    name: 'trial-never-granted',
    guarantee: 'What was ejected is tried again (F8).',
    ...OUTLIER,
    replace: 'if (nowMs < state.ejectedUntil ||',
    by: 'if (true ||',
    fails: [
      'outlier ejection > grants one trial after the pause, and doubles the pause when that fails too, up to a minute',
    ],
  },
  {
    name: 'silence-while-nothing-waits',
    guarantee: 'Nothing is suspect while nothing waits there (F10).',
    ...SILENCE,
    replace: 'state.waiting === 0 ? undefined : state.quietSince',
    by: 'state.quietSince',
    fails: [
      'silence > suspects nobody while nothing waits',
      'silence > never falls below the floor, never counts below zero, and only ever looks forward',
    ],
  },
  {
    name: 'silence-by-wall-time',
    guarantee: 'Silence counts from when something began to wait (F10).',
    ...SILENCE,
    replace: 'quietSince: waiting === 0 ? nowMs : quietSince',
    by: 'quietSince',
    fails: [
      'silence > suspects what is quiet for longer than usual while something waits',
      'silence > gives 500 ms to what has not answered yet',
      'silence > counts the quiet from the last byte of any request, or from the first that waits',
      'silence > keeps suspecting while one of several that waited is given up',
      'silence > is patient with a service that is merely slow: its usual time never makes it suspect',
      'silence > bears times that vary: of answers between 10 and 500 ms, none comes after patience ended',
    ],
  },
  {
    name: 'silence-of-the-slow',
    guarantee: 'A service that is merely slow is not suspect (F10).',
    ...SILENCE,
    replace: '2 * state.usual.meanMs + 4 * state.usual.deviationMs',
    by: '0',
    fails: [
      'silence > is patient with a service that is merely slow: its usual time never makes it suspect',
      'silence > learns: when a service slows down, it is trusted after a few answers; when it is fast again, too',
      'silence > bears times that vary: of answers between 10 and 500 ms, none comes after patience ended',
    ],
  },
  {
    name: 'other-bytes-ignored',
    guarantee: 'Any byte from a target shows that it lives (F10).',
    ...SILENCE,
    replace: 'return { usual: state.usual, waiting: state.waiting, quietSince: nowMs };',
    by: 'return state;',
    fails: [
      'silence > counts the quiet from the last byte of any request, or from the first that waits',
      'silence > never falls below the floor, never counts below zero, and only ever looks forward',
    ],
  },
  {
    name: 'probe-refutes-for-ever',
    guarantee: 'A target that answers probes and no requests costs its group the ramp (F21).',
    ...LANE_HEALTH,
    replace: '(suspicions > 1 || nowMs',
    by: '(nowMs',
    fails: [
      'the health of a lane > costs its group the ramp when it stays suspect, or falls silent again though it answers probes',
    ],
  },
  {
    name: 'late-answer-counted-twice',
    guarantee: 'A request that was counted as silence is not counted again (F10).',
    ...LANE_HEALTH,
    replace: 'const counted = era === health.era;',
    by: 'const counted = true;',
    fails: [
      'the health of a lane > takes a late answer as the end of a suspicion, and counts no request twice',
    ],
  },
];
