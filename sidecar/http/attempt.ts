/** One try of a request at one upstream: waits for a connection, sends, and passes the answer on to its exchange. */
import type { Fault } from '../../mesh/model/fault.ts';
import type { ReasonCode } from '../../mesh/model/reason.ts';
import type { ResponseHead } from '../decide/http1/head.ts';
import type { HttpClientConnection, ResponseSink } from './client-connection.ts';
import type { HttpTrial, Upstream } from './upstream.ts';

/** What an exchange is told by its tries. */
export interface AttemptOwner {
  /** A connection is there: send the head, and what there is of the body. */
  attemptConnected(attempt: Attempt, connection: HttpClientConnection): void;
  attemptInformation(attempt: Attempt, head: ResponseHead): void;
  attemptHead(attempt: Attempt, head: ResponseHead): void;
  attemptData(chunk: Buffer): void;
  attemptEnd(): void;
  /** It has failed before the head of an answer; `sent`: the upstream may have seen the request. */
  attemptFailed(attempt: Attempt, reason: ReasonCode, sent: boolean): void;
  /** The answer ended early. */
  attemptCut(reason: ReasonCode): void;
  attemptDrained(): void;
  /** Answers false when there is nowhere else to send it. */
  attemptSilent(attempt: Attempt, onlyUsable: boolean): boolean;
}

type State = 'waiting' | 'sent' | 'answering' | 'over';

export class Attempt implements HttpTrial, ResponseSink {
  readonly upstream: Upstream;
  readonly startedAt: number;
  era = 0;
  slot = 0;
  connection: HttpClientConnection | undefined;
  /** The connection had carried a request before: it may have been closed by the other side meanwhile. */
  reused = false;
  #state: State = 'waiting';
  readonly #owner: AttemptOwner;

  constructor(owner: AttemptOwner, upstream: Upstream, startedAt: number) {
    this.#owner = owner;
    this.upstream = upstream;
    this.startedAt = startedAt;
  }

  start(): void {
    this.upstream.acquire(this);
  }

  get sent(): boolean {
    return this.#state !== 'waiting';
  }

  get isOver(): boolean {
    return this.#state === 'over';
  }

  connected(connection: HttpClientConnection, reused: boolean): void {
    if (this.#state === 'over') return connection.close();
    this.connection = connection;
    this.reused = reused;
    this.#state = 'sent';
    this.#owner.attemptConnected(this, connection);
  }

  refused(fault: Fault): void {
    if (this.#state !== 'waiting') return;
    this.#state = 'over';
    this.upstream.refused(this, fault);
    this.#owner.attemptFailed(this, fault.code, false);
  }

  moveAway(onlyUsable: boolean): boolean {
    return this.#owner.attemptSilent(this, onlyUsable);
  }

  /** Ends it as failed by its upstream; nothing after an answer has begun. */
  fail(reason: ReasonCode): void {
    if (this.#state !== 'waiting' && this.#state !== 'sent') return;
    const wasSent = this.sent;
    this.#state = 'over';
    this.connection?.close();
    // A kept connection that the other side had closed meanwhile says nothing about its health.
    if (this.reused && reason === 'upstream_reset') this.upstream.stale(this);
    else this.upstream.failed(this, reason);
    this.#owner.attemptFailed(this, reason, wasSent);
  }

  /** Gives it up: another try has answered, or the client has gone. */
  cancel(): void {
    if (this.#state === 'over') return;
    const answering = this.#state === 'answering';
    this.#state = 'over';
    this.connection?.close();
    if (answering) this.upstream.ended();
    else this.upstream.cancelled(this);
  }

  information(head: ResponseHead): void {
    this.#owner.attemptInformation(this, head);
  }

  head(head: ResponseHead): void {
    if (this.#state !== 'sent') return;
    this.#state = 'answering';
    this.upstream.answered(this, head.status);
    this.#owner.attemptHead(this, head);
  }

  data(chunk: Buffer): void {
    if (this.#state === 'answering') this.#owner.attemptData(chunk);
  }

  end(): void {
    if (this.#state !== 'answering') return;
    this.#state = 'over';
    // It may serve another request already.
    this.connection = undefined;
    this.upstream.ended();
    this.#owner.attemptEnd();
  }

  cut(reason: ReasonCode): void {
    if (this.#state !== 'answering') return this.fail(reason);
    this.#state = 'over';
    this.upstream.ended();
    this.#owner.attemptCut(reason);
  }

  drained(): void {
    if (this.#state !== 'over') this.#owner.attemptDrained();
  }
}
