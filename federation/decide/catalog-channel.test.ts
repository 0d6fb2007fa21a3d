import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CatalogFrame, ExchangeFrame, Position } from '../../mesh/model/exchange-frame.ts';
import type { ClusterName } from '../../mesh/model/names.ts';
import { emptyLog, record, type CatalogLog } from './catalog-log.ts';
import { cursorFor, digestFrame, isAtEnd, nextFrame, snapshotCursor, type Cursor } from './publisher.ts';
import { QUOTAS } from './quotas.ts';
import {
  beginStream,
  confirmHold,
  createSubscriber,
  receive,
  resumePosition,
  visibleServices,
  type Subscriber,
} from './subscriber.ts';
import { servicesOf } from './testing/exported-services.ts';

/** What a channel may do to a frame, or to itself. */
type Fault = 'deliver' | 'drop' | 'duplicate' | 'swap' | 'cut';
const FAULTS = ['deliver', 'deliver', 'deliver', 'deliver', 'drop', 'duplicate', 'swap', 'cut'] as const;
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

interface Stage {
  readonly names: readonly string[];
  readonly ready: number;
  /** The publisher starts again, with a new epoch, before this catalog. */
  readonly restart: boolean;
}

const stages: fc.Arbitrary<Stage[]> = fc.array(
  fc.record({
    names: fc.uniqueArray(fc.constantFrom(...NAMES), { maxLength: 8 }),
    ...{ ready: fc.nat(3), restart: fc.boolean() },
  }),
  { minLength: 1, maxLength: 8 },
);
const plans = fc.array(fc.constantFrom<Fault>(...FAULTS), { minLength: 1, maxLength: 60 });

/** One link, driven by hand as a session drives it. */
class Channel {
  readonly subscriber: Subscriber = createSubscriber('west' as ClusterName, QUOTAS);
  log: CatalogLog = emptyLog(1);
  #cursor: Cursor | undefined;
  #delayed: ExchangeFrame | undefined;

  connect(): void {
    this.#delayed = undefined;
    const begun = beginStream(this.subscriber, this.log.position);
    this.#cursor = begun.ok ? cursorFor(this.log, resumePosition(this.subscriber)) : undefined;
  }

  step(fault: Fault): void {
    if (fault === 'cut') return this.connect();
    const frame = this.#take();
    if (frame === undefined || fault === 'drop') return;
    if (fault === 'swap' && this.#delayed === undefined) return void (this.#delayed = frame);
    const late = this.#delayed;
    this.#delayed = undefined;
    for (const one of [frame, fault === 'duplicate' ? frame : undefined, late]) if (one) this.#deliver(one);
  }

  names(): readonly string[] {
    return [...visibleServices(this.subscriber).keys()].map((key) => key.slice('shop/'.length));
  }

  #take(): ExchangeFrame | undefined {
    if (this.#cursor === undefined) return undefined;
    const next = nextFrame(this.log, this.#cursor);
    if (next === undefined) return isAtEnd(this.log, this.#cursor) ? digestFrame(this.log, 1) : undefined;
    this.#cursor = next.cursor;
    return next.frame;
  }

  #deliver(frame: ExchangeFrame): void {
    const { send } = receive(this.subscriber, frame as CatalogFrame, 0);
    if (send.some(({ kind }) => kind === 'resync')) this.#cursor = snapshotCursor(this.log);
  }
}

/** What the owner's catalog was at each position: a name may go only where that lacks it. */
class History {
  readonly #states: { readonly at: Position; readonly names: readonly string[] }[] = [];

  add(at: Position, names: readonly string[]): void {
    this.#states.push({ at, names });
  }

  has(name: string, { epoch, version }: Position): boolean {
    const state = this.#states.find(({ at }) => at.epoch === epoch && at.version >= version);
    return state!.names.includes(name);
  }

  everHad(name: string): boolean {
    return this.#states.some(({ names }) => names.includes(name));
  }
}

function checkStep(channel: Channel, history: History, fault: Fault): void {
  const [seen, before] = [channel.subscriber.seen, channel.names()];
  channel.step(fault);
  const [now, after] = [channel.subscriber.seen, channel.names()];
  expect(now.epoch > seen.epoch || (now.epoch === seen.epoch && now.version >= seen.version)).toBe(true);
  for (const gone of before.filter((name) => !after.includes(name)))
    expect(history.has(gone, now)).toBe(false);
  for (const name of after) expect(history.everHad(name)).toBe(true);
}

describe('over any channel', () => {
  it('versions never go back (I4), nothing goes without tombstone or complete snapshot (I2), and all ends equal (L1)', () => {
    fc.assert(
      fc.property(stages, plans, (catalogs, plan) => {
        const channel = new Channel();
        const history = new History();
        for (const [i, stage] of catalogs.entries()) {
          if (stage.restart) channel.log = emptyLog(channel.log.position.epoch + 1);
          channel.log = record(channel.log, servicesOf(stage.names, stage.ready));
          history.add(channel.log.position, stage.names);
          if (stage.restart || i === 0) channel.connect();
          for (const fault of plan) checkStep(channel, history, fault);
        }
        channel.connect();
        for (let i = 0; i < 100; i++) channel.step('deliver');
        confirmHold(channel.subscriber);
        const last = catalogs.at(-1)!;
        expect(visibleServices(channel.subscriber)).toEqual(servicesOf(last.names, last.ready));
      }),
      { numRuns: 300 },
    );
  });
});
