import { expect, it } from 'vitest';
import { createManualClock } from '../mesh/adapters/clock/manual-clock.ts';
import { endpointLedger } from './endpoint-ledger.ts';

const PLACE = { address: '10.0.0.1', port: 80 };
const OTHER = { address: '10.0.0.1', port: 81 };
const SETTINGS = { restMs: 1_000, maxRestMs: 4_000 };

it('an endpoint that refuses rests, twice as long each time, up to the maximum, until it answers', () => {
  const clock = createManualClock();
  const ledger = endpointLedger(clock, SETTINGS);
  for (const restMs of [1_000, 2_000, 4_000, 4_000]) {
    ledger.refused(PLACE);
    clock.advance(restMs - 1);
    expect(ledger.standing(PLACE)).toBe('resting');
    clock.advance(1);
    expect(ledger.standing(PLACE)).toBe('usable');
  }
  ledger.answered(PLACE);
  ledger.refused(PLACE);
  clock.advance(1_000);
  expect(ledger.standing(PLACE)).toBe('usable');
  expect(ledger.standing(OTHER)).toBe('usable');
});

it('an endpoint that left the view is forgotten, one that stayed is not', () => {
  const ledger = endpointLedger(createManualClock(), SETTINGS);
  ledger.refused(PLACE);
  ledger.refused(OTHER);
  ledger.keepOnly([OTHER]);
  expect([ledger.standing(PLACE), ledger.standing(OTHER)]).toEqual(['usable', 'resting']);
});

it('open connections are counted up and down for each address', () => {
  const ledger = endpointLedger(createManualClock(), SETTINGS);
  ledger.opened(PLACE);
  ledger.opened({ ...PLACE });
  ledger.opened(OTHER);
  ledger.closed(PLACE);
  expect([ledger.open(PLACE), ledger.open(OTHER)]).toEqual([1, 1]);
});
