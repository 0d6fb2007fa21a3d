import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClusterName } from '../../mesh/model/names.ts';
import { makeHeartbeat, roundTrip, skewNote } from './heartbeat.ts';
import { reconnectDelay } from './reconnect.ts';
import { newerSurvives } from './surviving-stream.ts';
import { fullBucket, takeToken } from './token-bucket.ts';

const [a, b] = ['a' as ClusterName, 'b' as ClusterName];
const jitters = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('of two streams between the same clusters', () => {
  it.each([
    { older: a, newer: a, survivor: 'newer' },
    { older: b, newer: b, survivor: 'newer' },
    { older: b, newer: a, survivor: 'newer' },
    { older: a, newer: b, survivor: 'older' },
  ])(
    '$survivor survives where $older dialled the older and $newer the newer',
    ({ older, newer, survivor }) => {
      expect(newerSurvives({ dialledBy: older }, { dialledBy: newer })).toBe(survivor === 'newer');
    },
  );

  it('both ends keep the same one, in whatever order they see them', () => {
    const survivor = (first: ClusterName, second: ClusterName): ClusterName =>
      newerSurvives({ dialledBy: first }, { dialledBy: second }) ? second : first;
    expect(survivor(a, b)).toBe(survivor(b, a));
  });
});

describe('the pause before a dial', () => {
  it.each([
    { failures: 0, wasUp: true, jitter: 0.999, most: 200 },
    { failures: 0, wasUp: false, jitter: 0.999, most: 500 },
    { failures: 3, wasUp: false, jitter: 0.5, most: 2011 },
    { failures: 99, wasUp: false, jitter: 0.999, most: 30_000 },
  ])('after $failures failures (was up: $wasUp) is at most $most ms', ({ failures, wasUp, jitter, most }) => {
    expect(reconnectDelay(failures, wasUp, jitter)).toBeLessThanOrEqual(most);
    expect(reconnectDelay(failures, wasUp, jitter)).toBeGreaterThan(most / 3);
  });

  it('is between 20 ms and 30 s, and its ceiling never shrinks with failures', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.boolean(), jitters, (failures, wasUp, jitter) => {
        const delay = reconnectDelay(failures, wasUp, jitter);
        expect(delay).toBeGreaterThanOrEqual(20);
        expect(delay).toBeLessThanOrEqual(30_000);
        expect(reconnectDelay(failures + 1, wasUp, jitter)).toBeGreaterThanOrEqual(delay);
      }),
    );
  });
});

describe('heartbeats', () => {
  it('measure the round trip without the time that the peer held the echo, whatever the clocks show', () => {
    const times = fc.nat(1_000_000);
    fc.assert(
      fc.property(times, times, fc.nat(5000), fc.nat(5000), (mine, theirs, way, held) => {
        const ours = makeHeartbeat(mine, 0, undefined);
        const heard = { sentMs: ours.sentMs, atMs: theirs };
        const answer = makeHeartbeat(theirs + held, 0, heard);
        expect(roundTrip(answer, mine + 2 * way + held)).toBe(2 * way);
      }),
    );
  });

  it('say nothing of it before an echo, or when the echo is nonsense', () => {
    const plain = makeHeartbeat(5, 0, undefined);
    expect(roundTrip(plain, 10)).toBeUndefined();
    expect(roundTrip({ ...plain, echoMs: 1e15 }, 10)).toBeUndefined();
    expect(roundTrip({ ...plain, echoMs: 1, heldMs: 4e9 }, 10)).toBeUndefined();
  });

  it.each([
    { skewMs: 0, note: undefined },
    { skewMs: 60_000, note: undefined },
    { skewMs: -60_000, note: undefined },
    { skewMs: 61_000, note: '1 min ahead of ours' },
    { skewMs: -540_000, note: '9 min behind ours' },
  ])('note a clock that is $skewMs ms away: $note', ({ skewMs, note }) => {
    const found = skewNote(makeHeartbeat(0, 1_000_000 + skewMs, undefined), 1_000_000, 0);
    if (note === undefined) expect(found).toBeUndefined();
    else expect(found).toContain(note);
  });
});

describe('a rate with a burst', () => {
  it('never lets more through in any time than burst plus rate times time', () => {
    const rate = { perSecond: 20, burst: 40 };
    const visit = fc.record({ pause: fc.oneof(fc.nat(2_000), fc.constant(60_000)), tries: fc.nat(60) });
    fc.assert(
      fc.property(fc.array(visit, { maxLength: 30 }), (visits) => {
        let [bucket, now] = [fullBucket(rate, 0), 0];
        const taken: number[] = [];
        for (const { pause, tries } of visits) {
          now += pause;
          for (let i = 0; i < tries; i++) {
            const next = takeToken(bucket, rate, now);
            if (next === undefined) break;
            bucket = next;
            taken.push(now);
          }
        }
        for (const [i, since] of taken.entries())
          for (const [more, until] of taken.slice(i).entries())
            if (more + 1 > 40 + (20 * (until - since)) / 1000 + 1e-6)
              expect.fail(`${more + 1} in ${until - since} ms`);
      }),
    );
  });
});
