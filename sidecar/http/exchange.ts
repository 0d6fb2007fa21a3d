/**
 * One request and its answer: the tries at upstreams, and the copying of both bodies. The first try that answers wins;
 * the others are cancelled. What may be sent again, and when:
 * - nothing was sent yet (no connection came up): always;
 * - sent, no answer: only idempotent methods whose body is still kept;
 * - the upstream is silent: the same, while the first try goes on (a hedge);
 * - answered by the proxy in front of the application that it could not reach it: as for what was not sent.
 * Each costs the retry budget, but not that who has waited for a connection for long waits at a usable upstream instead.
 * An answer of the application itself, 503 included, is passed on as it is.
 */
import type { Slotted } from '../../mesh/kit/slot-list.ts';
import type { ReasonCode } from '../../mesh/model/reason.ts';
import type { ResponseHead } from '../decide/http1/head.ts';
import { hasBody } from '../decide/http1/head.ts';
import { IDEMPOTENT, PERHAPS_SEEN, reasonOf, statusOf, UNSEEN } from '../decide/refusal.ts';
import { Attempt, type AttemptOwner } from './attempt.ts';
import type { HttpClientConnection } from './client-connection.ts';
import type { Again, ExchangePlan } from './exchange-plan.ts';
import { RequestBody } from './request-body.ts';
import type { HttpServerConnection } from './server-connection.ts';
import type { Upstream } from './upstream.ts';

export class Exchange implements AttemptOwner, Slotted {
  slot = 0;
  readonly #client: HttpServerConnection;
  readonly #plan: ExchangePlan;
  readonly #body: RequestBody;
  readonly #startedAt: number;
  readonly #tried: Upstream[] = [];
  /** Of those the ones that were waited for, and left before they could be asked. */
  readonly #left: Upstream[] = [];
  #open: Attempt[] = [];
  #winner: Attempt | undefined;
  #status = 0;
  #over = false;
  #upgraded = false;
  /** What the proxy that answered says of its answer. */
  #reason: ReasonCode | '' = '';
  /** Monotonic ms since when only the upstream is waited for: the request has been taken whole. */
  #waitingSince: number;
  /** Monotonic ms when a part of a body last moved, as far as the last tick knows. */
  #movedAt: number;
  /** A part of a body has moved since the last tick. */
  #moved = false;

  constructor(client: HttpServerConnection, plan: ExchangePlan) {
    this.#client = client;
    this.#plan = plan;
    this.#startedAt = plan.now();
    this.#movedAt = this.#startedAt;
    this.#waitingSince = this.#startedAt;
    this.#body = new RequestBody(plan.settings.replayBytes, !hasBody(plan.request.framing));
  }

  start(): void {
    const refused = this.#try('never');
    if (refused !== undefined) this.#refuse(refused);
  }

  // From the client.

  bodyData(chunk: Buffer): void {
    if (this.#over) return;
    this.#moved = true;
    this.#body.add(chunk);
    let flowing = true;
    let writing = false;
    for (const { connection, isOver } of this.#open) {
      if (connection === undefined || isOver) continue;
      writing = true;
      if (!connection.write(chunk)) flowing = false;
    }
    if (this.#body.isOverLimit && writing) this.#body.drop();
    if (!flowing || (this.#body.isOverLimit && !writing)) this.#client.pauseBody();
  }

  bodyEnd(): void {
    this.#body.complete();
    this.#waitingSince = this.#plan.now();
    for (const { connection, isOver } of this.#open) if (!isOver) connection?.finish();
  }

  clientGone(): void {
    this.#finish('client_closed');
  }

  clientDrained(): void {
    this.#winner?.connection?.resume();
  }

  /** Deadlines. */
  tick(nowMs: number): void {
    const { bodyIdleMs, requestTimeoutMs, perTryTimeoutMs } = this.#plan.settings;
    if (this.#moved) this.#movedAt = nowMs;
    this.#moved = false;
    const idle = nowMs - this.#movedAt > bodyIdleMs;
    if (this.#upgraded) return;
    if (this.#winner !== undefined) return idle ? this.#cutClient('upstream_timeout') : undefined;
    if (!this.#body.isComplete && this.#open.some(({ sent }) => sent)) {
      return idle ? this.#refuse('request_timeout') : undefined;
    }
    if (nowMs - this.#waitingSince > requestTimeoutMs) return this.#refuse('upstream_timeout');
    for (const attempt of [...this.#open]) {
      if (nowMs - Math.max(attempt.startedAt, this.#waitingSince) > perTryTimeoutMs)
        attempt.fail('upstream_timeout');
    }
  }

  // From the tries.

  attemptConnected(attempt: Attempt, connection: HttpClientConnection): void {
    connection.send(this.#plan.request, attempt);
    for (const chunk of this.#body.kept) connection.write(chunk);
    if (this.#body.isOverLimit) this.#body.drop();
    if (this.#body.isComplete) connection.finish();
    else this.#client.resumeBody();
  }

  attemptInformation(attempt: Attempt, head: ResponseHead): void {
    const only = this.#open.length === 1 && this.#open[0] === attempt;
    if (only && this.#winner === undefined) this.#client.inform(head);
  }

  attemptHead(attempt: Attempt, received: ResponseHead): void {
    const head = this.#plan.adapt(received);
    const retried = this.#winner === undefined && this.#retryAnswered(attempt, head);
    if (retried) return;
    this.#winner = attempt;
    this.#moved = true;
    for (const other of this.#open) if (other !== attempt) other.cancel();
    this.#open = [attempt];
    this.#body.drop();
    this.#status = head.status;
    this.#reason = reasonOf(head);
    if (head.status === 101) return this.#upgrade(attempt, head);
    if (!this.#client.respond(head)) attempt.connection?.pause();
  }

  attemptData(chunk: Buffer): void {
    this.#moved = true;
    if (!this.#client.write(chunk)) this.#winner?.connection?.pause();
  }

  attemptEnd(): void {
    this.#open = [];
    this.#end(this.#reason);
    this.#client.finish();
  }

  attemptFailed(attempt: Attempt, reason: ReasonCode, sent: boolean): void {
    this.#open = this.#open.filter((other) => other !== attempt);
    if (this.#over || this.#open.length > 0) return;
    const may = sent ? this.#canResend() : this.#body.canReplay;
    if (!may || this.#tried.length >= this.#plan.settings.maxTries) return this.#refuse(reason);
    if (!this.#plan.spendRetry(false)) return this.#refuse('retry_budget_exhausted');
    const stale = attempt.reused && reason === 'upstream_reset';
    if (this.#try(stale ? 'any' : 'spread') !== undefined) this.#refuse(reason);
  }

  attemptCut(reason: ReasonCode): void {
    this.#open = [];
    this.#cutClient(reason);
  }

  attemptDrained(): void {
    this.#client.resumeBody();
  }

  attemptSilent(attempt: Attempt, onlyUsable: boolean): boolean {
    // Its upstream says it again and again, but one that was hedged has had its hedge.
    if (this.#over || this.#winner !== undefined || this.#open.at(-1) !== attempt) return true;
    if (this.#tried.length >= this.#plan.settings.maxTries || !this.#body.canReplay) return true;
    if (attempt.sent && !(this.#canResend() && this.#body.isComplete)) return true;
    const tried = onlyUsable ? this.#asked(attempt) : this.#tried;
    const picked = this.#plan.pick({ tried, again: 'never', canTest: false, onlyUsable });
    // Who has waited for long, and has asked nobody, adds nothing to what the budget bounds.
    const isFree = onlyUsable && !attempt.sent;
    const isAllowed = !('refused' in picked) && (isFree || this.#plan.spendRetry(true));
    // Where others have been tried, there may yet be a way for who has not.
    if (!isAllowed) return this.#tried.length > 1;
    if (!attempt.sent) {
      this.#open = this.#open.filter((other) => other !== attempt);
      attempt.cancel();
      this.#left.push(attempt.upstream);
    }
    this.#startAt(picked.upstream);
    return true;
  }

  // Steps.

  /** Who waits for long may go back to what it left too soon. */
  #asked({ upstream }: Attempt): readonly Upstream[] {
    return this.#tried.filter((tried) => tried === upstream || !this.#left.includes(tried));
  }

  #canResend(): boolean {
    return IDEMPOTENT.has(this.#plan.request.method) && this.#body.canReplay;
  }

  /** A reason when there is nowhere to send it. */
  #try(again: Again): ReasonCode | undefined {
    const picked = this.#plan.pick({ tried: this.#tried, again, canTest: this.#canResend() });
    if ('refused' in picked) return picked.refused;
    this.#startAt(picked.upstream);
    return undefined;
  }

  #startAt(upstream: Upstream): void {
    this.#tried.push(upstream);
    const attempt = new Attempt(this, upstream, this.#plan.now());
    this.#open.push(attempt);
    attempt.start();
  }

  /** An answer that only says that the application was not reached: true when another try is under way instead. */
  #retryAnswered(attempt: Attempt, head: ResponseHead): boolean {
    if (head.status < 500) return false;
    const reason = reasonOf(head);
    const may = UNSEEN.has(reason) ? this.#body.canReplay : PERHAPS_SEEN.has(reason) && this.#canResend();
    if (!may || this.#tried.length >= this.#plan.settings.maxTries) return false;
    if (this.#open.length > 1) {
      this.#open = this.#open.filter((other) => other !== attempt);
      attempt.cancel();
      return true;
    }
    const picked = this.#plan.pick({ tried: this.#tried, again: 'spread', canTest: false });
    if ('refused' in picked || !this.#plan.spendRetry(false)) return false;
    this.#open = [];
    attempt.cancel();
    this.#startAt(picked.upstream);
    return true;
  }

  #upgrade(attempt: Attempt, head: ResponseHead): void {
    const { connection } = attempt;
    if (connection === undefined) return;
    this.#upgraded = true;
    this.#client.upgrade(head, connection, () => {
      attempt.end();
    });
  }

  #refuse(reason: ReasonCode): void {
    this.#status = statusOf(reason);
    this.#finish(reason);
    this.#client.refuse(this.#status, reason);
  }

  #cutClient(reason: ReasonCode): void {
    this.#finish(reason);
    this.#client.cut();
  }

  #finish(reason: ReasonCode): void {
    for (const attempt of this.#open) attempt.cancel();
    this.#open = [];
    this.#end(reason);
  }

  #end(reason: ReasonCode | ''): void {
    if (this.#over) return;
    this.#over = true;
    this.#body.drop();
    this.#plan.ended({
      status: this.#status,
      reason,
      upstream: this.#winner?.upstream ?? this.#tried.at(-1),
      tries: this.#tried.length,
      tookMs: this.#plan.now() - this.#startedAt,
    });
  }
}
