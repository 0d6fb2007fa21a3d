/** A link of a lane, and since when it is of use. Times are monotonic ms, as the last look found them. */
import type { StreamLink } from '../streams/stream-link.ts';

export class HeldLink {
  readonly link: StreamLink;
  /** When its streams are to move on. */
  readonly leaveAt: number;
  readonly #madeAt: number;
  #usedAt: number;
  /** When something came on it; the handshake is none. */
  #readAt: number | undefined;
  #reads = 0;
  /** Since when what was sent on it waits for anything to come. What is sent in the moment of a read counts as answered. */
  #askedAt: number | undefined;
  #sent = 0;

  constructor(link: StreamLink, { nowMs, leaveAt }: { readonly nowMs: number; readonly leaveAt: number }) {
    this.link = link;
    this.leaveAt = leaveAt;
    this.#madeAt = nowMs;
    this.#usedAt = nowMs;
  }

  look(nowMs: number): void {
    const { size, reads, sent } = this.link;
    if (reads !== this.#reads) {
      this.#readAt = nowMs;
      this.#askedAt = undefined;
    } else if (sent !== this.#sent) {
      this.#askedAt ??= nowMs;
    }
    this.#reads = reads;
    this.#sent = sent;
    if (size > 0) this.#usedAt = nowMs;
  }

  /** How long it has had no stream. */
  idleMs(nowMs: number): number {
    return nowMs - this.#usedAt;
  }

  /** How long nothing has come, its making included. */
  unheardMs(nowMs: number): number {
    return nowMs - (this.#readAt ?? this.#madeAt);
  }

  get askedAt(): number | undefined {
    return this.#askedAt;
  }

  readSince(ms: number): boolean {
    return this.#readAt !== undefined && this.#readAt > ms;
  }
}
