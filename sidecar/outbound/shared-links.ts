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
  /** Of the lane, as it is now. */
  readonly lane: {
    /** Endpoints that links may lead to. */
    endpoints(): number;
    /** How long its answers may take before it would be suspect. */
    patienceMs(): number;
    /** Whether it takes requests. */
    isUsable(): boolean;
  };
}

/** A link through a gateway, from its start: then the gateway picks anew, and one that drains is left before its deadline. */
const LEAVES_AFTER_MS = 12_000;
const LEAVES_WITHIN_MS = 5_000;
/** A link that has not been heard for so long stays as it is: it may be used again, or close for being idle. */
const UNUSED_AFTER_MS = 10_000;
/** One that was heard since is as good as a new connection. */
const OLD_AFTER_MS = 1_000;
/** The shortest silence of a link that is left for it, where another one is heard. */
const SILENT_MS = 2_000;
/** For so long no more links are dialled beside those that are there, after one of them failed. */
const ENOUGH_MS = 10_000;
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
  /** Many ask for a connection at once at the start: they get streams of those that are dialled for the first. */
  #dialling: readonly Dialling[] = [];
  #turn = 0;
  #replacing = false;
  #enoughUntil = -Infinity;
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
    const { spec, dialer, clock } = this.#parts;
    if (this.#stopped) return err(fault('draining', spec.address, 'this proxy is stopping'));
    if (clock.monotonic() < this.#aloneUntil) {
      const dialled = await dialer.dial(spec, [ALPN_HTTP]);
      return dialled.ok ? ok(use(dialled.value.socket, false)) : dialled;
    }
    const held = this.#next();
    if (held !== undefined) {
      const connected = use(held.link.open(), held.unheardMs(clock.monotonic()) > OLD_AFTER_MS);
      if (this.#lacksLinks()) this.#dialMore();
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
    for (const held of this.#held) held.look(nowMs);
    for (const held of this.#held) if (held.idleMs(nowMs) > this.#parts.maxIdleMs) held.link.retire();
    for (const held of this.#held) if (this.#isSilent(held, nowMs)) this.#leaveSilent(held, nowMs);
    this.#keepOpen();
    this.#moveOn(nowMs);
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
    const isOpen = ({ link }: HeldLink): boolean => !link.isLeaving;
    if (!this.#held.every(isOpen)) this.#held = this.#held.filter(isOpen);
  }

  /** Whether one more stream is reason for one more link: there is no room, or it may lead to another endpoint. */
  #lacksLinks(): boolean {
    if (this.#dialling.length === 0 && !this.#held.some(({ link }) => link.hasRoom)) return true;
    const waiting = this.#dialling.reduce((sum, dialling) => sum + dialling.waiting, 0);
    return this.#held.length + this.#dialling.length < this.#wanted(waiting + 1);
  }

  #wanted(moreStreams: number): number {
    const streams = this.#held.reduce((sum, { link }) => sum + link.size, moreStreams);
    return linksWanted(this.#parts.lane.endpoints(), streams);
  }

  /** Beside those that are there: nobody waits for it. */
  #dialMore(): void {
    if (this.#parts.clock.monotonic() < this.#enoughUntil) return;
    void this.#dial().dialled.then((made) => this.#wasMore(made));
  }

  /** One that could not be had beside others is not missed for now. */
  #wasMore(made: Result<Dialled, Fault>): boolean {
    const isLink = made.ok && 'link' in made.value;
    if (!isLink) this.#enoughUntil = this.#parts.clock.monotonic() + ENOUGH_MS;
    if (!made.ok || 'link' in made.value) return isLink;
    made.value.alone?.socket.destroy();
    made.value.alone = undefined;
    return false;
  }

  /** Waits for a link that is dialled: a new one, where there are to be more. */
  #join(): Promise<Result<Dialled, Fault>> {
    const least = this.#lacksLinks() ? undefined : leastWaited(this.#dialling);
    const dialling = least ?? this.#dial();
    dialling.waiting += 1;
    return dialling.dialled;
  }

  /** It does not answer, and another one has answered since it was asked. */
  #isSilent({ askedAt }: HeldLink, nowMs: number): boolean {
    if (askedAt === undefined) return false;
    const patienceMs = Math.max(SILENT_MS, this.#parts.lane.patienceMs());
    return nowMs - askedAt > patienceMs && this.#held.some((other) => other.readSince(askedAt));
  }

  /** The gateway may well lead to the same endpoint again: no other one is dialled for it at once. */
  #leaveSilent({ link }: HeldLink, nowMs: number): void {
    link.retire();
    this.#enoughUntil = nowMs + ENOUGH_MS;
  }

  /** Streams of old links move on when there is another link, where there is still to be one. */
  #moveOn(nowMs: number): void {
    const old = this.#held.filter(({ leaveAt }) => leaveAt <= nowMs);
    if (this.#held.length > this.#wanted(0)) return old[0]?.link.retire();
    const used = old.find((held) => held.unheardMs(nowMs) < UNUSED_AFTER_MS);
    if (used === undefined || this.#replacing) return;
    if (!this.#parts.lane.isUsable() || nowMs < this.#enoughUntil) return;
    this.#replacing = true;
    void this.#dial().dialled.then((made) => {
      this.#replacing = false;
      if (this.#wasMore(made)) used.link.retire();
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
    const { clock, random, spec, spare } = this.#parts;
    const nowMs = clock.monotonic();
    if (this.#stopped) dialled.socket.destroy();
    if (dialled.alpn !== ALPN_STREAMS) {
      this.#aloneUntil = nowMs + ALONE_MS;
      this.renew();
      return ok({ alone: dialled });
    }
    const link = new StreamLink(dialled.socket, { spare });
    const livesMs = spec.kind === 'gateway' ? LEAVES_AFTER_MS + random.next() * LEAVES_WITHIN_MS : Infinity;
    // After those who wait for it have got their streams.
    if (!keep) setImmediate(() => link.retire());
    else this.#held = [...this.#held, new HeldLink(link, { nowMs, leaveAt: nowMs + livesMs })];
    return ok({ link });
  }
}

function leastWaited(dialling: readonly Dialling[]): Dialling | undefined {
  return dialling.reduce<Dialling | undefined>(
    (least, one) => (least === undefined || one.waiting < least.waiting ? one : least),
    undefined,
  );
}
