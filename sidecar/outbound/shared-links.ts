/**
 * The connections of one pool, as streams of a few mTLS connections where the sidecar at the other end speaks that: of one
 * to an endpoint; through a gateway, which picks an endpoint for each, of as many as there are endpoints.
 */
import { err, ok, type Result } from '../../mesh/kit/result.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import type { Clock } from '../../mesh/ports/clock.ts';
import type { ByteStream } from '../streams/byte-stream.ts';
import type { SpareCredit } from '../streams/spare-credit.ts';
import { StreamLink } from '../streams/stream-link.ts';
import { ALPN_HTTP, ALPN_STREAMS, type LaneDialer, type MeshSocket } from './dial-lane.ts';
import type { LaneSpec } from './lane.ts';

export interface SharedLinksParts {
  readonly spec: LaneSpec;
  readonly dialer: Pick<LaneDialer, 'dial'>;
  readonly clock: Clock;
  readonly spare: SpareCredit;
  /** A link without streams is closed after this long. */
  readonly maxIdleMs: number;
  /** Endpoints that links may lead to. */
  endpoints(): number;
}

/** One that was heard since is as good as a new connection. */
const OLD_AFTER_MS = 1_000;
/** Those of large services carry few streams each: more of them would put nothing together. */
const MOST_LINKS = 16;

/** `alone`: the other end speaks for one connection only; one of those who dialled may have it. */
type Dialled = { readonly link: StreamLink } | { alone: MeshSocket | undefined };

interface Dialling {
  readonly dialled: Promise<Result<Dialled, Fault>>;
  /** Who get streams of it. */
  waiting: number;
}

/** Times are monotonic ms. */
interface Held {
  readonly link: StreamLink;
  /** When it was last seen with a stream. */
  usedAt: number;
  /** When the last sweep saw that something had come on it, and how often something had. */
  heardAt: number;
  reads: number;
}

export class SharedLinks {
  readonly #parts: SharedLinksParts;
  #held: readonly Held[] = [];
  /** Many ask for a connection at once at the start: they get streams of those that are dialled for the first. */
  #dialling: readonly Dialling[] = [];
  #speaksStreams = true;
  #retired = false;
  #stopped = false;

  constructor(parts: SharedLinksParts) {
    this.#parts = parts;
  }

  /**
   * `use` is called at once when there is a connection, before it can close; `reused`: it is a stream of one that has been
   * silent for a while, and may turn out to be closed already.
   */
  async connect<C>(use: (stream: ByteStream, reused: boolean) => C): Promise<Result<C, Fault>> {
    const { spec, dialer } = this.#parts;
    if (this.#stopped) return err(fault('draining', spec.address, 'this proxy is stopping'));
    if (!this.#speaksStreams) {
      const dialled = await dialer.dial(spec, [ALPN_HTTP]);
      return dialled.ok ? ok(use(dialled.value.socket, false)) : dialled;
    }
    const held = this.#lacksLinks() ? undefined : this.#leastUsed();
    if (held !== undefined) return ok(use(held.link.open(), this.#isOld(held)));
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
    for (const held of this.#held) {
      const { size, reads } = held.link;
      if (reads !== held.reads) held.heardAt = nowMs;
      held.reads = reads;
      if (size > 0) held.usedAt = nowMs;
      else if (nowMs - held.usedAt > this.#parts.maxIdleMs) held.link.retire();
    }
    this.#keepUsable();
  }

  /** Whether another one would lead to another endpoint. */
  #lacksLinks(): boolean {
    const { spec, endpoints } = this.#parts;
    const most = spec.kind === 'gateway' ? Math.min(Math.max(endpoints(), 1), MOST_LINKS) : 1;
    this.#keepUsable();
    return this.#held.length + this.#dialling.length < most;
  }

  #keepUsable(): void {
    const isUsable = ({ link }: Held): boolean => link.hasRoom;
    if (this.#held.every(isUsable)) return;
    for (const held of this.#held) if (!isUsable(held)) held.link.retire();
    this.#held = this.#held.filter(isUsable);
  }

  #leastUsed(): Held | undefined {
    let least = this.#held[0];
    for (const held of this.#held) if (least === undefined || held.link.size < least.link.size) least = held;
    return least;
  }

  #isOld({ heardAt }: Held): boolean {
    return this.#parts.clock.monotonic() - heardAt > OLD_AFTER_MS;
  }

  /** Waits for a link that is dialled: a new one, where there are to be more. */
  #join(): Promise<Result<Dialled, Fault>> {
    const least = this.#lacksLinks() ? undefined : leastWaited(this.#dialling);
    const dialling = least ?? this.#dial();
    dialling.waiting += 1;
    return dialling.dialled;
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
    if (this.#stopped) dialled.socket.destroy();
    if (dialled.alpn !== ALPN_STREAMS) {
      this.#speaksStreams = false;
      return ok({ alone: dialled });
    }
    const link = new StreamLink(dialled.socket, { spare: this.#parts.spare });
    const nowMs = this.#parts.clock.monotonic();
    // After those who wait for it have got their streams.
    if (!keep) setImmediate(() => link.retire());
    else this.#held = [...this.#held, { link, usedAt: nowMs, heardAt: nowMs, reads: 0 }];
    return ok({ link });
  }
}

function leastWaited(dialling: readonly Dialling[]): Dialling | undefined {
  return dialling.reduce<Dialling | undefined>(
    (least, one) => (least === undefined || one.waiting < least.waiting ? one : least),
    undefined,
  );
}
