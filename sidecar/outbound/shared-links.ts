/**
 * The connections of one pool, as streams of few mTLS connections where the sidecar at the other end speaks that: of one to
 * an endpoint, of several through a gateway, which picks an endpoint for each of them.
 */
import { err, ok, type Result } from '../../mesh/kit/result.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import type { Clock } from '../../mesh/ports/clock.ts';
import type { Random } from '../../mesh/ports/random.ts';
import { linksWanted } from '../decide/links-wanted.ts';
import type { ByteStream } from '../streams/byte-stream.ts';
import type { SpareCredit } from '../streams/spare-credit.ts';
import { StreamLink } from '../streams/stream-link.ts';
import { ALPN_HTTP, ALPN_STREAMS, type LaneDialer, type MeshSocket } from './dial-lane.ts';
import { HeldLink } from './held-link.ts';
import type { LaneSpec } from './lane.ts';

export interface SharedLinksParts {
  readonly spec: LaneSpec;
  readonly dialer: Pick<LaneDialer, 'dial'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly spare: SpareCredit;
  /** A link without streams is closed after this long. */
  readonly maxIdleMs: number;
  /** Links that may be under way at once beside those that are there. */
  readonly maxDials: number;
  /** How many the lane leads to now. */
  endpoints(): number;
}

/** A link through a gateway, from its start: then the gateway picks anew, and one that drains is left before its deadline. */
const LEAVES_AFTER_MS = 12_000;
const LEAVES_WITHIN_MS = 5_000;
/** Links that are left at once, as a part of those that are there. */
const LEAVING_PART = 1 / 16;
/** A link with more streams than twice the mean and these is to share them with the others. */
const CROWD = 2;
/** A link that has not been heard for so long stays as it is: it may be used again, or close for being idle. */
const UNUSED_AFTER_MS = 10_000;
/** One that was heard since is as good as a new connection. */
const OLD_AFTER_MS = 1_000;
/** How long a link may owe a sign of life while another one gives some. */
const SILENT_MS = 2_000;
/** A link that ends within so long is as good as none: its endpoint is about to end, or does not take us. */
const SHORT_MS = 1_000;
/** For so long no links are dialled to be more, or to replace others, after one of them was of no use. */
const PAUSE_MS = 5_000;
/**
 * How long nobody is asked for streams after a far end that knew none. It may have been the last of its version; until then
 * others behind the same gateway that know them are not to get all there is.
 */
const ALONE_MS = 60_000;

/** `alone`: the other end speaks for one connection only; one of those who dialled may have it. */
type Dialled = { readonly link: StreamLink } | { alone: MeshSocket | undefined };

interface Dialling {
  readonly dialled: Promise<Result<Dialled, Fault>>;
  /** Who get streams of it. */
  waiting: number;
}

type Use<C> = (stream: ByteStream, reused: boolean) => C;

export class SharedLinks {
  readonly #parts: SharedLinksParts;
  #held: readonly HeldLink[] = [];
  /** Get no new streams. Those that they have are yet to come to the others. */
  #leaving: readonly StreamLink[] = [];
  /** Many ask for a connection at once at the start: they get streams of those that are dialled for the first. */
  #dialling: readonly Dialling[] = [];
  /** Of those held, the ones that leave as soon as what is dialled for them is there. */
  #replacing: readonly HeldLink[] = [];
  #turn = 0;
  #noMoreUntil = -Infinity;
  #noReplacingUntil = -Infinity;
  #aloneUntil = -Infinity;
  #retired = false;
  #stopped = false;

  constructor(parts: SharedLinksParts) {
    this.#parts = parts;
  }

  /**
   * `use` is called at once when there is a connection, before it can close; `reused`: it is a stream of one that has been
   * silent for a while, and may turn out to be closed already.
   */
  async connect<C>(use: Use<C>): Promise<Result<C, Fault>> {
    const { spec, dialer } = this.#parts;
    if (this.#stopped) return err(fault('draining', spec.address, 'this proxy is stopping'));
    if (this.#now() < this.#aloneUntil) {
      const dialled = await dialer.dial(spec, [ALPN_HTTP]);
      return dialled.ok ? ok(use(dialled.value.socket, false)) : dialled;
    }
    const held = this.#next();
    if (held !== undefined) {
      const connected = use(held.link.open(), held.unheardMs(this.#now()) > OLD_AFTER_MS);
      this.#dialMore();
      return ok(connected);
    }
    const dialled = await this.#join();
    if (!dialled.ok) return dialled;
    const { value } = dialled;
    if ('link' in value) {
      return value.link.hasRoom ? ok(use(value.link.open(), false)) : this.connect(use);
    }
    const own = value.alone;
    value.alone = undefined;
    return own === undefined ? this.connect(use) : ok(use(own.socket, false));
  }

  /** New streams get other links; these close with the last of those that they have. */
  renew(): void {
    for (const { link } of this.#held) link.retire();
    this.#held = [];
    this.#leaving = [];
    this.#dialling = [];
  }

  /** As renew, and no link is kept from now on: those who wait already may still dial one. */
  retire(): void {
    this.#retired = true;
    this.renew();
  }

  stop(): void {
    this.#stopped = true;
    for (const { link } of this.#held) link.destroy();
    this.retire();
  }

  sweep(nowMs: number): void {
    this.#leaving = this.#leaving.filter(({ size }) => size > 0);
    for (const held of this.#held) held.look(nowMs);
    if (this.#held.length > 1) for (const held of this.#held) held.pingIfQuiet(nowMs);
    for (const held of this.#held) if (held.idleMs(nowMs) > this.#parts.maxIdleMs) held.link.retire();
    this.#leaveSilent(nowMs);
    this.#keepOpen();
    this.#moveOn(nowMs);
    this.#dialMore();
  }

  /** In turn: the one with the fewest streams would be the one that fails them. */
  #next(): HeldLink | undefined {
    this.#keepOpen();
    for (let tried = 0; tried < this.#held.length; tried++) {
      this.#turn = (this.#turn + 1) % this.#held.length;
      const held = this.#held[this.#turn];
      if (held?.link.hasRoom === true) return held;
    }
    return undefined;
  }

  /** A link without room is kept: it has some again when streams of it close. */
  #keepOpen(): void {
    const nowMs = this.#now();
    const gone = this.#held.filter(({ link }) => link.isLeaving);
    if (gone.length === 0) return;
    this.#held = this.#held.filter((held) => !gone.includes(held));
    this.#leaving = [...this.#leaving, ...gone.map(({ link }) => link)];
    if (gone.some((held) => held.ageMs(nowMs) < SHORT_MS)) this.#noMoreUntil = nowMs + PAUSE_MS;
  }

  /** `more`: streams that are not there yet. */
  #wanted(more: number): number {
    const links = [...this.#held.map(({ link }) => link), ...this.#leaving];
    const waiting = this.#dialling.reduce((sum, dialling) => sum + dialling.waiting, 0);
    return linksWanted(this.#parts.endpoints(), streamsOf(links) + waiting + more);
  }

  #lacksLinks(more: number): boolean {
    return this.#held.length + this.#dialling.length < this.#wanted(more);
  }

  /** Beside those that are there: nobody waits for them. */
  #dialMore(): void {
    if (this.#held.length === 0 || this.#now() < this.#noMoreUntil) return;
    while (this.#dialling.length < this.#parts.maxDials && this.#lacksLinks(0)) {
      void this.#dial().dialled.then((made) => {
        if (!this.#isLink(made)) this.#noMoreUntil = this.#now() + PAUSE_MS;
      });
    }
  }

  /** Of one that nobody waits for. */
  #isLink(made: Result<Dialled, Fault>): boolean {
    if (!made.ok || 'link' in made.value) return made.ok;
    made.value.alone?.socket.destroy();
    made.value.alone = undefined;
    return false;
  }

  /** Waits for a link that is dialled: a new one, where there are to be more. */
  #join(): Promise<Result<Dialled, Fault>> {
    const least = this.#lacksLinks(1) ? undefined : leastWaited(this.#dialling);
    const dialling = least ?? this.#dial();
    dialling.waiting += 1;
    return dialling.dialled;
  }

  /** The gateway may well lead to the same endpoint again: no other one is dialled for it at once. */
  #leaveSilent(nowMs: number): void {
    const silent = this.#held.filter((held) =>
      held.isSilent(nowMs, { forMs: SILENT_MS, others: this.#held }),
    );
    for (const { link } of silent) link.retire();
    if (silent.length > 0) this.#noMoreUntil = nowMs + PAUSE_MS;
  }

  /** Streams of old links, and of those that were there first and got too many, move on when there is another link. */
  #moveOn(nowMs: number): void {
    if (this.#parts.spec.kind === 'endpoint') return;
    const links = this.#held.map(({ link }) => link);
    const many = (2 * streamsOf(links)) / links.length + CROWD;
    const due = this.#held.filter(({ leaveAt, link }) => leaveAt <= nowMs || link.size > many);
    if (links.length > this.#wanted(0)) return due[0]?.link.retire();
    const next = due.find(
      (held) => held.unheardMs(nowMs) < UNUSED_AFTER_MS && !this.#replacing.includes(held),
    );
    if (next === undefined || nowMs < this.#noReplacingUntil) return;
    if (this.#replacing.length >= links.length * LEAVING_PART) return;
    this.#replacing = [...this.#replacing, next];
    void this.#dial().dialled.then((made) => {
      this.#replacing = this.#replacing.filter((held) => held !== next);
      if (this.#isLink(made)) next.link.retire();
      else this.#noReplacingUntil = this.#now() + PAUSE_MS;
    });
  }

  #dial(): Dialling {
    const { spec, dialer } = this.#parts;
    const dialled = dialer.dial(spec, [ALPN_STREAMS, ALPN_HTTP]).then((made): Result<Dialled, Fault> => {
      const isCurrent = this.#dialling.includes(dialling);
      this.#dialling = this.#dialling.filter((other) => other !== dialling);
      return made.ok ? this.#dialled(made.value, isCurrent && !this.#retired) : made;
    });
    const dialling: Dialling = { dialled, waiting: 0 };
    this.#dialling = [...this.#dialling, dialling];
    return dialling;
  }

  #dialled(dialled: MeshSocket, keep: boolean): Result<Dialled, Fault> {
    const { random, spare } = this.#parts;
    const nowMs = this.#now();
    if (this.#stopped) dialled.socket.destroy();
    if (dialled.alpn !== ALPN_STREAMS) {
      this.#aloneUntil = nowMs + ALONE_MS;
      this.renew();
      return ok({ alone: dialled });
    }
    const link = new StreamLink(dialled.socket, { spare });
    const leaveAt = nowMs + LEAVES_AFTER_MS + random.next() * LEAVES_WITHIN_MS;
    // After those who wait for it have got their streams.
    if (!keep) setImmediate(() => link.retire());
    else this.#held = [...this.#held, new HeldLink(link, { nowMs, leaveAt })];
    return ok({ link });
  }

  #now(): number {
    return this.#parts.clock.monotonic();
  }
}

function streamsOf(links: readonly StreamLink[]): number {
  return links.reduce((sum, { size }) => sum + size, 0);
}

function leastWaited(dialling: readonly Dialling[]): Dialling | undefined {
  return dialling.reduce<Dialling | undefined>(
    (least, one) => (least === undefined || one.waiting < least.waiting ? one : least),
    undefined,
  );
}
