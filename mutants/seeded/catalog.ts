/** The catalog of a peer, as it is told and held: steps, snapshots, tombstones, epochs, digests. */
import type { Mutant } from '../mutant.ts';

const SUBSCRIBER = {
  file: 'federation/decide/subscriber.ts',
  test: 'federation/decide/publisher-subscriber.test.ts',
} as const;
const CATALOG_LOG = {
  file: 'federation/decide/catalog-log.ts',
  test: 'federation/decide/publisher-subscriber.test.ts',
} as const;
const SUBSCRIBER_IN_CATALOG_CHANNEL = {
  file: 'federation/decide/subscriber.ts',
  test: 'federation/decide/catalog-channel.test.ts',
} as const;
const SNAPSHOT_GUARD = {
  file: 'federation/decide/snapshot-guard.ts',
  test: 'federation/decide/publisher-subscriber.test.ts',
} as const;

export const CATALOG: readonly Mutant[] = [
  {
    name: 'tombstone-lost',
    guarantee: 'A service that its owner deleted is gone (F2).',
    ...SUBSCRIBER,
    replace: 'subscriber.stated.remove(key);',
    by: '',
    fails: [
      'a catalog that is followed > comes as a snapshot first, then as steps',
      'a catalog that is followed > loses a service deleted while the link was down with the next stream (F2)',
      'an entry that is refused (F4) > is nacked alone, and the last good one stays: in a step, and in a snapshot',
      'a snapshot that drops more than half (F3) > stays held while little of it is back; what is deleted by name goes at once',
      'a snapshot that drops more than half (F3) > leaves tombstones alone: those are the will of their owner',
    ],
  },
  {
    name: 'old-epoch-accepted',
    guarantee: 'An older copy of a controller is not listened to (F3, F20).',
    ...SUBSCRIBER,
    replace: 'if (position.epoch < seen.epoch) return err(',
    by: 'if (false) return err(',
    fails: ['a catalog that is followed > is not taken from an older epoch (F3, F20)'],
  },
  {
    name: 'snapshot-of-the-past',
    guarantee: 'A snapshot never takes a catalog back to an older version (F3, I4).',
    ...SUBSCRIBER,
    replace: 'if (older) {',
    by: 'if (false) {',
    fails: [
      'a catalog that is followed > is not taken from an older epoch (F3, F20)',
      'a catalog that is followed > is not taken back to an older version by a snapshot',
    ],
  },
  {
    name: 'step-of-the-past',
    guarantee: 'A step that was applied is not applied again (I4).',
    ...SUBSCRIBER,
    replace: 'if (frame.version <= last) return NOTHING;',
    by: '',
    fails: ['loss on the way > is no matter where a frame comes twice'],
  },
  {
    name: 'gap-not-seen',
    guarantee: 'A step that does not follow the one before asks for a snapshot (F24).',
    ...SUBSCRIBER,
    replace: 'if (frame.after !== last)',
    by: 'if (false)',
    fails: ['loss on the way > is found by the next step, or by the digest when nothing follows (F24)'],
  },
  {
    name: 'digest-not-compared',
    guarantee: 'Copies that differ silently are found by their digest (F24).',
    ...SUBSCRIBER,
    replace: 'formatDigest(stated.digest()) !== digest',
    by: 'false',
    fails: [
      'loss on the way > is found by the digest where the copies of one version differ, for whatever reason',
    ],
  },
  {
    name: 'refused-entry-drops-last-good',
    guarantee: 'An entry that is refused leaves the last good one in force (F4).',
    ...SUBSCRIBER,
    replace: 'phase.next.put(frame.service, lastGood)',
    by: 'phase.next.put(frame.service, undefined)',
    fails: [
      'an entry that is refused (F4) > is nacked alone, and the last good one stays: in a step, and in a snapshot',
    ],
  },
  {
    name: 'forgotten-tombstone-skipped',
    guarantee: 'Who may have missed a tombstone that is no longer kept starts over (F2).',
    ...CATALOG_LOG,
    replace: 'floor: newestDropped,',
    by: 'floor,',
    fails: [
      'a catalog that is followed > starts over with a snapshot when tombstones were forgotten or the epoch is another',
    ],
  },
  {
    name: 'snapshot-begin-deletes',
    guarantee: 'Nothing goes before a snapshot is complete (F2, I2).',
    ...SUBSCRIBER_IN_CATALOG_CHANNEL,
    replace: "subscriber.phase = { kind: 'snapshot', position, count,",
    by: "subscriber.stated = createHoldings({ origin: cluster, quotas });\n  subscriber.phase = { kind: 'snapshot', position, count,",
    fails: [
      'over any channel > versions never go back (I4), nothing goes without tombstone or complete snapshot (I2), and all ends equal (L1)',
    ],
  },
  {
    name: 'shrunken-snapshot-taken',
    guarantee: 'A snapshot that drops more than half of the services is held (F3).',
    ...SNAPSHOT_GUARD,
    replace: 'dropped * 2 <= before',
    by: 'dropped < before',
    fails: [
      "a snapshot that drops more than half (F3) > with [ 'a', 'b' ] left is held: true",
      'a snapshot that drops more than half (F3) > takes effect when the operator confirms it',
      'a snapshot that drops more than half (F3) > takes effect when the same comes again 30 s later, not sooner and not when it differs',
      'a snapshot that drops more than half (F3) > is over when most of it is back and the peer has told everything, not while the rest may be on its way',
      'a snapshot that drops more than half (F3) > stays held while little of it is back; what is deleted by name goes at once',
    ],
  },
  {
    name: 'half-is-held',
    guarantee: 'A snapshot that drops exactly half of the services is taken (F3).',
    ...SNAPSHOT_GUARD,
    replace: 'dropped * 2 <= before',
    by: 'dropped * 2 < before',
    fails: ["a snapshot that drops more than half (F3) > with [ 'a', 'b', 'c' ] left is held: false"],
  },
  {
    name: 'three-services-held',
    guarantee: 'A peer of three services may lose them at once (F3).',
    ...SNAPSHOT_GUARD,
    replace: 'before < SMALLEST_GUARDED',
    by: 'before < SMALLEST_GUARDED - 1',
    fails: ['a snapshot that drops more than half (F3) > is never held for fewer than four services'],
  },
  {
    name: 'four-services-not-held',
    guarantee: 'A peer of four services is guarded (F3).',
    ...SNAPSHOT_GUARD,
    replace: 'before < SMALLEST_GUARDED',
    by: 'before <= SMALLEST_GUARDED',
    fails: ['a snapshot that drops more than half (F3) > is held from four services on'],
  },
  {
    name: 'hold-confirms-itself',
    guarantee: 'A held snapshot takes effect 30 s after it came first, not sooner (F3).',
    ...SNAPSHOT_GUARD,
    replace: 'repeated && nowMs - held.sinceMs >= CONFIRM_AFTER_MS',
    by: 'repeated',
    fails: [
      'a snapshot that drops more than half (F3) > takes effect when the same comes again 30 s later, not sooner and not when it differs',
    ],
  },
  {
    name: 'other-snapshot-confirms',
    guarantee: 'Only the same snapshot confirms the one that is held (F3).',
    ...SNAPSHOT_GUARD,
    replace: 'held?.digest === digest',
    by: 'held !== undefined',
    fails: [
      'a snapshot that drops more than half (F3) > takes effect when the same comes again 30 s later, not sooner and not when it differs',
    ],
  },
];
