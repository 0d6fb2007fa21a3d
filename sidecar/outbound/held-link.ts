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
  #sent = 0;
  /** Since when its other end owes a sign of life. */
  #pingedAt: number | undefined;

  constructor(link: StreamLink, { nowMs, leaveAt }: { readonly nowMs: number; readonly leaveAt: number }) {
    this.link = link;
    this.leaveAt = leaveAt;
    this.#madeAt = nowMs;
    this.#usedAt = nowMs;
  }

  look(nowMs: number): void {
    if (this.link.reads !== this.#reads) {
      this.#readAt = nowMs;
      this.#pingedAt = undefined;
    }
    this.#reads = this.link.reads;
    if (this.link.size > 0) this.#usedAt = nowMs;
  }

  /** Asks for a sign of life where something has been sent, and nothing come, since the last time; an answer may be slow. */
  pingIfQuiet(nowMs: number): void {
    const { sent } = this.link;
    if (sent !== this.#sent && this.#readAt !== nowMs && this.#pingedAt === undefined) {
      this.link.ping();
      this.#pingedAt = nowMs;
    }
    this.#sent = sent;
  }

  /** It has owed a sign of life for so long, though one of the others has given one since. */
  isSilent(
    nowMs: number,
    { forMs, others }: { readonly forMs: number; readonly others: readonly HeldLink[] },
  ): boolean {
    const pingedAt = this.#pingedAt;
    if (pingedAt === undefined || nowMs - pingedAt <= forMs) return false;
    return others.some((other) => other.#readAt !== undefined && other.#readAt > pingedAt);
  }

  ageMs(nowMs: number): number {
    return nowMs - this.#madeAt;
  }

  /** How long it has had no stream. */
  idleMs(nowMs: number): number {
    return nowMs - this.#usedAt;
  }

  /** How long nothing has come, its making included. */
  unheardMs(nowMs: number): number {
    return nowMs - (this.#readAt ?? this.#madeAt);
  }
}
