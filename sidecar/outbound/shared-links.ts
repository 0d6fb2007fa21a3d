/**
 * The connections of one pool, as streams of few mTLS connections where the sidecar at the other end speaks that: of one to
 * an endpoint, of several through a gateway, which picks an endpoint for each of them.
 */
import { err, ok, type Result } from '../../mesh/kit/result.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import type { Clock } from '../../mesh/ports/clock.ts';
import type { Random } from '../../mesh/ports/random.ts';
import { linksWanted, mostLinks } from '../decide/links-wanted.ts';
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
  /** Links that are dialled at a time to be more; those that somebody waits for, and successors, are not held up by it. */
  readonly maxDials: number;
  /** How many the lane leads to now. */
  endpoints(): number;
}

/** A link through a gateway, from its start: then the gateway picks anew, and one that drains is left before its deadline. */
const LEAVES_AFTER_MS = 12_000;
const LEAVES_WITHIN_MS = 5_000;
/** Links that are replaced at a time, as a part of those that are there. */
const LEAVING_PART = 1 / 8;
/** A link with more streams than twice the mean and these is to share them with the others. */
const CROWD = 2;
/** A link that has not been heard for so long stays as it is: it may be used again, or close for being idle. */
const UNUSED_AFTER_MS = 10_000;
/** One that was heard since is as good as a new connection. */
const OLD_AFTER_MS = 1_000;
/** How long the streams of a link that was left count: most come to the others by then, and what lasts for hours does not. */
const LEFT_MS = 5_000;
/** How long a link may owe a sign of life while another one gives some. */
const SILENT_MS = 2_000;
/** A link that its other end ends within so long is as good as none: the endpoint is about to end, or does not take us. */
const SHORT_MS = 1_000;
/** For so long none is dialled beside those that are there, after one that was of no use. */
const PAUSE_MS = 5_000;
/**
 * How long nobody is asked for streams after a far end that knew none. It may have been the last of its version; until then
 * others behind the same gateway that know them are not to get all there is.
 */
const ALONE_MS = 60_000;

/** `alone`: the other end speaks for one connection only; one of those who dialled may have it. */
type Dialled = { readonly held: HeldLink } | { alone: MeshSocket | undefined };

interface Dialling {
  readonly dialled: Promise<Result<Dialled, Fault>>;
  /** Who get streams of it. */
  waiting: number;
}

interface Replacing {
  readonly old: HeldLink;
  /** Once it is there. */
  successor?: HeldLink;
}

type Use<C> = (stream: ByteStream, reused: boolean) => C;

export class SharedLinks {
  readonly #parts: SharedLinksParts;
  #held: readonly HeldLink[] = [];
  /** Get no new streams. Those that they have are yet to come to the others. */
  #left: readonly { readonly link: StreamLink; readonly at: number }[] = [];
  /** Many ask for a connection at once at the start: they get streams of those that are dialled for the first. */
  #dialling: readonly Dialling[] = [];
  /** Of those held, the ones that are left once their successors have proved to be of use. */
  #replacing: readonly Replacing[] = [];
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
    if ('held' in value) {
      const { link } = value.held;
      return link.hasRoom ? ok(use(link.open(), false)) : this.connect(use);
    }
    const own = value.alone;
    value.alone = undefined;
    return own === undefined ? this.connect(use) : ok(use(own.socket, false));
  }

  /** New streams get other links; these close with the last of those that they have. */
  renew(): void {
    for (const { link } of this.#held) link.retire();
    this.#held = [];
    this.#left = [];
    this.#dialling = [];
    this.#replacing = [];
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
    this.#keepOpen();
    this.#left = this.#left.filter(({ at }) => nowMs - at < LEFT_MS);
    for (const held of this.#held) held.look(nowMs);
    if (this.#held.length > 1) for (const held of this.#held) held.pingIfQuiet(nowMs);
    this.#leave(this.#held.filter((held) => held.idleMs(nowMs) > this.#parts.maxIdleMs));
    this.#leaveSilent(nowMs);
    this.#leaveReplaced(nowMs);
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

  /** Without those that the other end has ended. A link without room is kept: it has some again when streams of it close. */
  #keepOpen(): void {
    const ended = this.#held.filter(({ link }) => link.isLeaving);
    if (ended.length === 0) return;
    const nowMs = this.#now();
    this.#leave(ended);
    if (ended.some((held) => held.ageMs(nowMs) < SHORT_MS)) this.#noMoreUntil = nowMs + PAUSE_MS;
  }

  #leave(links: readonly HeldLink[]): void {
    if (links.length === 0) return;
    const at = this.#now();
    for (const { link } of links) link.retire();
    this.#held = this.#held.filter((held) => !links.includes(held));
    this.#left = [...this.#left, ...links.map(({ link }) => ({ link, at }))];
  }

  #streams(): number {
    return [...this.#held, ...this.#left].reduce((sum, { link }) => sum + link.size, 0);
  }

  /** `more`: streams that are not there yet. */
  #wanted(more: number): number {
    const waiting = this.#dialling.reduce((sum, dialling) => sum + dialling.waiting, 0);
    return linksWanted(this.#parts.endpoints(), this.#streams() + waiting + more);
  }

  #lacksLinks(more: number): boolean {
    return this.#held.length + this.#dialling.length < this.#wanted(more);
  }

  /** Beside those that are there: nobody waits for them. */
  #dialMore(): void {
    if (this.#held.length === 0 || this.#now() < this.#noMoreUntil) return;
    while (this.#dialling.length < this.#parts.maxDials && this.#lacksLinks(0)) {
      void this.#dial().dialled.then((made) => {
        if (this.#linkOf(made) === undefined) this.#noMoreUntil = this.#now() + PAUSE_MS;
      });
    }
  }

  /** Of one that nobody waits for. */
  #linkOf(made: Result<Dialled, Fault>): HeldLink | undefined {
    if (!made.ok) return undefined;
    const { value } = made;
    if ('held' in value) return value.held;
    value.alone?.socket.destroy();
    value.alone = undefined;
    return undefined;
  }

  /** Waits for a link that is dialled: a new one, where there are to be more. */
  #join(): Promise<Result<Dialled, Fault>> {
    const least = this.#lacksLinks(1) ? undefined : leastWaited(this.#dialling);
    const dialling = least ?? this.#dial();
    dialling.waiting += 1;
    return dialling.dialled;
  }

  /** The gateway may well lead to the same endpoint again: there are fewer for now. */
  #leaveSilent(nowMs: number): void {
    const silent = this.#held.filter((held) =>
      held.isSilent(nowMs, { forMs: SILENT_MS, others: this.#held }),
    );
    this.#leave(silent);
    if (silent.length > 0) this.#noMoreUntil = nowMs + PAUSE_MS;
  }

  /** Those whose successors have lasted; one that has not is not missed at once. */
  #leaveReplaced(nowMs: number): void {
    const isOver = ({ successor }: Replacing): boolean => (successor?.ageMs(nowMs) ?? 0) >= SHORT_MS;
    for (const { old, successor } of this.#replacing.filter(isOver)) {
      if (this.#held.some((held) => held === successor))
        this.#leave(this.#held.filter((held) => held === old));
      else this.#noReplacingUntil = nowMs + PAUSE_MS;
    }
    this.#replacing = this.#replacing.filter((one) => !isOver(one));
  }

  /** Old links are replaced, and those that were there first and have got too many streams. */
  #moveOn(nowMs: number): void {
    if (this.#parts.spec.kind === 'endpoint') return;
    const streams = this.#streams();
    const many = (2 * streams) / this.#held.length + CROWD;
    const staying = this.#held.filter((held) => !this.#replacing.some(({ old }) => old === held));
    const due = staying.filter(({ leaveAt, link }) => leaveAt <= nowMs || link.size > many);
    if (staying.length > mostLinks(this.#parts.endpoints(), streams)) return this.#leave(due.slice(0, 1));
    const old = due.find((held) => held.unheardMs(nowMs) < UNUSED_AFTER_MS);
    if (old === undefined || nowMs < this.#noReplacingUntil) return;
    if (this.#replacing.length >= this.#held.length * LEAVING_PART) return;
    const replacing: Replacing = { old };
    this.#replacing = [...this.#replacing, replacing];
    void this.#dial().dialled.then((made) => {
      const successor = this.#linkOf(made);
      if (successor !== undefined) return void (replacing.successor = successor);
      this.#replacing = this.#replacing.filter((one) => one !== replacing);
      this.#noReplacingUntil = this.#now() + PAUSE_MS;
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
    const leaveAt = nowMs + LEAVES_AFTER_MS + random.next() * LEAVES_WITHIN_MS;
    const held = new HeldLink(new StreamLink(dialled.socket, { spare }), { nowMs, leaveAt });
    // After those who wait for it have got their streams.
    if (!keep) setImmediate(() => held.link.retire());
    else this.#held = [...this.#held, held];
    return ok({ held });
  }

  #now(): number {
    return this.#parts.clock.monotonic();
  }
}

function leastWaited(dialling: readonly Dialling[]): Dialling | undefined {
  return dialling.reduce<Dialling | undefined>(
    (least, one) => (least === undefined || one.waiting < least.waiting ? one : least),
    undefined,
  );
}
