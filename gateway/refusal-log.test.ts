import { expect, it } from 'vitest';
import { createManualClock } from '../mesh/adapters/clock/manual-clock.ts';
import { createMemoryLog } from '../mesh/adapters/log/memory-log.ts';
import { fault } from '../mesh/model/fault.ts';
import { refusalLog } from './refusal-log.ts';

it('writes so many lines a second, and says how many it left out', () => {
  const clock = createManualClock();
  const log = createMemoryLog();
  const refuse = refusalLog(log, clock, 3);
  const refusal = fault('route_unknown', 'x.east.acme', 'no exported service has this route id');
  for (let i = 0; i < 100; i++) refuse(refusal, '192.0.2.7');
  clock.advance(1_000);
  refuse(refusal, '192.0.2.7');
  expect(log.lines.map((line) => line.fields['suppressed'])).toEqual([0, 0, 0, 97]);
  expect(log.lines[0]).toEqual({
    level: 'info',
    message: 'connection refused',
    fields: {
      reason: 'route_unknown',
      source: '192.0.2.7',
      subject: 'x.east.acme',
      detail: 'no exported service has this route id',
      suppressed: 0,
    },
  });
});
