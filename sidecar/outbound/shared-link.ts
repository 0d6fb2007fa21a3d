/**
 * The connections of one pool. To an endpoint all of them are streams of one mTLS connection, where the sidecar there speaks
 * that; through a gateway each is an mTLS connection of its own, because the gateway picks an endpoint for each of them.
 */
import { err, ok, type Result } from '../../mesh/kit/result.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import type { Clock } from '../../mesh/ports/clock.ts';
import type { ByteStream } from '../streams/byte-stream.ts';
import type { SpareCredit } from '../streams/spare-credit.ts';
import { StreamLink } from '../streams/stream-link.ts';
import { ALPN_HTTP, ALPN_STREAMS, type LaneDialer, type MeshSocket } from './dial-lane.ts';
import type { LaneSpec } from './lane.ts';

export interface SharedLinkParts {
  readonly spec: LaneSpec;
  readonly dialer: Pick<LaneDialer, 'dial'>;
  readonly clock: Clock;
  readonly spare: SpareCredit;
  /** A link without streams is closed after this long. */
  readonly maxIdleMs: number;
}

/** One that was heard since is as good as a new connection. */
const OLD_AFTER_MS = 1_000;

/** `alone`: the other end speaks for one connection only; one of those who dialled may have it. */
type Dialled = { readonly link: StreamLink } | { alone: MeshSocket | undefined };

export class SharedLink {
  readonly #parts: SharedLinkParts;
  #link: StreamLink | undefined;
  /** Many ask for a connection at once at the start: they get streams of the one that is dialled for the first. */
  #dialling: Promise<Result<Dialled, Fault>> | undefined;
  #speaksStreams = true;
  #retired = false;
  #stopped = false;
  /** Monotonic ms when the link was last seen with a stream. */
  #usedAt = 0;
  /** Monotonic ms when the last sweep saw that something had come on it, and how often something had. */
  #heardAt = 0;
  #reads = 0;

  constructor(parts: SharedLinkParts) {
    this.#parts = parts;
  }

  /**
   * `use` is called at once when there is a connection, before it can close; `reused`: it is a stream of one that has been
   * silent for a while, and may turn out to be closed already.
   */
  async connect<C>(use: (stream: ByteStream, reused: boolean) => C): Promise<Result<C, Fault>> {
    const { spec, dialer } = this.#parts;
    if (this.#stopped) return err(fault('draining', spec.address, 'this proxy is stopping'));
    if (spec.kind === 'gateway' || !this.#speaksStreams) {
      const dialled = await dialer.dial(spec, [ALPN_HTTP]);
      return dialled.ok ? ok(use(dialled.value.socket, false)) : dialled;
    }
    if (this.#link?.hasRoom === true) return ok(use(this.#link.open(), this.#isOld()));
    const dialled = await (this.#dialling ??= this.#dial());
    if (!dialled.ok) return dialled;
    const { value } = dialled;
    if ('link' in value) {
      return value.link.hasRoom ? ok(use(value.link.open(), false)) : this.connect(use);
    }
    const own = value.alone;
    value.alone = undefined;
    return own === undefined ? this.connect(use) : ok(use(own.socket, false));
  }

  /** New streams get another link; this one closes with the last of those that it has. */
  renew(): void {
    this.#link?.retire();
    this.#link = undefined;
    this.#dialling = undefined;
  }

  /** As renew, and no link is kept from now on: those who wait already may still dial one. */
  retire(): void {
    this.#retired = true;
    this.renew();
  }

  stop(): void {
    this.#stopped = true;
    this.#link?.destroy();
    this.retire();
  }

  sweep(nowMs: number): void {
    const { size = 0, reads = 0 } = this.#link ?? {};
    if (reads !== this.#reads) this.#heardAt = nowMs;
    this.#reads = reads;
    if (this.#link === undefined || size > 0) this.#usedAt = nowMs;
    else if (nowMs - this.#usedAt > this.#parts.maxIdleMs) this.renew();
  }

  #isOld(): boolean {
    return this.#parts.clock.monotonic() - this.#heardAt > OLD_AFTER_MS;
  }

  #dial(): Promise<Result<Dialled, Fault>> {
    const { spec, dialer } = this.#parts;
    const dialling = dialer.dial(spec, [ALPN_STREAMS, ALPN_HTTP]).then((dialled): Result<Dialled, Fault> => {
      const isCurrent = this.#dialling === dialling;
      if (isCurrent) this.#dialling = undefined;
      return dialled.ok ? this.#dialled(dialled.value, isCurrent && !this.#retired) : dialled;
    });
    return dialling;
  }

  #dialled(dialled: MeshSocket, keep: boolean): Result<Dialled, Fault> {
    if (this.#stopped) dialled.socket.destroy();
    if (dialled.alpn !== ALPN_STREAMS) {
      this.#speaksStreams = false;
      return ok({ alone: dialled });
    }
    const link = new StreamLink(dialled.socket, { spare: this.#parts.spare });
    // After those who wait for it have got their streams.
    if (!keep) setImmediate(() => link.retire());
    else {
      this.#link?.retire();
      this.#link = link;
      this.#heardAt = this.#usedAt = this.#parts.clock.monotonic();
    }
    return ok({ link });
  }
}
