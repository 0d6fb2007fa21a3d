/**
 * Connections to one target, kept open between requests. A pool serves one service port, one target, one identity of
 * the peer, one certificate of ours and one trust bundle: when any of them changes, the owner retires the pool and
 * makes another, so that no request meets a connection that was verified under other terms (S16).
 */
import type { Result } from '../../mesh/kit/result.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import type { Clock } from '../../mesh/ports/clock.ts';

export interface PooledConnection {
  /** It is a stream of a connection that was there before, and may turn out to be closed already. */
  readonly reused?: boolean;
  /** It serves what it has, and nothing is to be begun on it. */
  readonly isLeaving?: boolean;
  close(): void;
}

export interface PoolWaiter<C> {
  /** `reused`: the connection has carried requests before, so it may turn out to be closed already. */
  connected(connection: C, reused: boolean): void;
  refused(fault: Fault): void;
}

export interface PoolOptions<C> {
  /** What it leads to, for faults. */
  readonly subject: string;
  readonly clock: Clock;
  readonly maxConnections: number;
  /**
   * Connections that may be under way at once. A handshake costs far more than a request: when many requests wait, a
   * few new connections serve them sooner than one for each would, and do not drown both ends in handshakes.
   */
  readonly maxDials: number;
  /** Requests that may wait; one more is refused with connection_cap. */
  readonly maxWaiting: number;
  readonly maxIdleMs: number;
  dial(): Promise<Result<C, Fault>>;
}

interface Idle<C> {
  readonly connection: C;
  readonly since: number;
}

export class ConnectionPool<C extends PooledConnection> {
  readonly #options: PoolOptions<C>;
  /** Oldest first; the youngest is used first, so that spare ones grow old and go. */
  readonly #idle: Idle<C>[] = [];
  readonly #waiting: PoolWaiter<C>[] = [];
  readonly #open = new Set<C>();
  #connecting = 0;
  /** Of dials: those of an earlier one are not waited for any more. */
  #era = 0;
  /** Dials of earlier eras that are not over. */
  #hanging = 0;
  #retired = false;

  constructor(options: PoolOptions<C>) {
    this.#options = options;
  }

  get idleCount(): number {
    return this.#idle.length;
  }

  get openCount(): number {
    return this.#open.size;
  }

  /** Nothing is open or under way. */
  get isUnused(): boolean {
    return this.#open.size + this.#connecting + this.#waiting.length === 0;
  }

  acquire(waiter: PoolWaiter<C>): void {
    const idle = this.#takeIdle();
    if (idle !== undefined) return waiter.connected(idle, true);
    if (this.#waiting.length >= this.#options.maxWaiting) {
      const message = `${this.#waiting.length} requests wait for a connection already`;
      return waiter.refused(fault('connection_cap', this.#options.subject, message));
    }
    this.#waiting.push(waiter);
    this.#dialForWaiting();
  }

  /** Gives up waiting; does nothing for one that does not wait. */
  cancel(waiter: PoolWaiter<C>): void {
    const at = this.#waiting.indexOf(waiter);
    if (at !== -1) this.#waiting.splice(at, 1);
  }

  /** Takes back a connection whose exchange is complete on both sides. */
  release(connection: C): void {
    if (!this.#open.has(connection)) return;
    if (this.#isToEnd(connection)) return connection.close();
    const next = this.#waiting.shift();
    if (next !== undefined) return next.connected(connection, true);
    this.#idle.push({ connection, since: this.#options.clock.monotonic() });
  }

  /** Must be called once for each connection that has closed, idle or not. */
  discard(connection: C): void {
    if (!this.#open.delete(connection)) return;
    const at = this.#idle.findIndex((idle) => idle.connection === connection);
    if (at !== -1) this.#idle.splice(at, 1);
    this.#dialForWaiting();
  }

  /** Closes what has been idle for too long, or is leaving. */
  sweep(nowMs: number): void {
    const oldest = nowMs - this.#options.maxIdleMs;
    let old = 0;
    while (old < this.#idle.length && (this.#idle[old] as Idle<C>).since < oldest) old++;
    for (const { connection } of this.#idle.splice(0, old)) connection.close();
    const leaving = this.#idle.filter(({ connection }) => connection.isLeaving === true);
    for (const { connection } of leaving) connection.close();
  }

  closeIdle(): void {
    for (const { connection } of this.#idle.splice(0)) connection.close();
  }

  /**
   * It is heard again after a long silence: dials that hang since then would hold all the places until they time out, and fail
   * requests that came long after them. They are not waited for; one that comes up after all is used. New ones begin only
   * while nothing hangs from an earlier time, so a target gets no more than twice `maxDials`.
   */
  startOver(): void {
    if (this.#hanging > 0) return;
    this.#era += 1;
    this.#hanging = this.#connecting;
    this.#connecting = 0;
    this.#dialForWaiting();
  }

  /** No connection is reused from now on: idle ones close now, busy ones when they are released. */
  retire(): void {
    this.#retired = true;
    this.closeIdle();
  }

  /** Closes everything; those who wait are refused. */
  stop(): void {
    this.retire();
    for (const connection of [...this.#open]) connection.close();
    for (const waiter of this.#waiting.splice(0)) {
      waiter.refused(fault('draining', this.#options.subject, 'this proxy is stopping'));
    }
  }

  /**
   * A leaving one still serves who waits, as what is dialled may hang; but not where there is no place for another one, since
   * there would always be somebody then. Of a retired pool those who wait get less and less.
   */
  #isToEnd({ isLeaving }: C): boolean {
    if (this.#waiting.length === 0) return this.#retired || isLeaving === true;
    return !this.#retired && isLeaving === true && this.#open.size >= this.#options.maxConnections;
  }

  #takeIdle(): C | undefined {
    for (;;) {
      const idle = this.#idle.pop();
      if (idle?.connection.isLeaving !== true) return idle?.connection;
      idle.connection.close();
    }
  }

  #dialForWaiting(): void {
    const { maxConnections, maxDials } = this.#options;
    const wanted = Math.min(this.#waiting.length, maxDials);
    while (this.#connecting < wanted && this.#open.size + this.#connecting < maxConnections) {
      this.#connecting += 1;
      const era = this.#era;
      void this.#options.dial().then((result) => {
        if (era === this.#era) return this.#dialled(result);
        this.#hanging -= 1;
        if (result.ok) this.#opened(result.value);
      });
    }
  }

  #dialled(result: Result<C, Fault>): void {
    this.#connecting -= 1;
    if (result.ok) return this.#opened(result.value);
    this.#waiting.shift()?.refused(result.error);
    this.#dialForWaiting();
  }

  #opened(connection: C): void {
    this.#open.add(connection);
    const next = this.#waiting.shift();
    this.#dialForWaiting();
    if (next !== undefined) return next.connected(connection, connection.reused === true);
    if (this.#retired) return connection.close();
    this.#idle.push({ connection, since: this.#options.clock.monotonic() });
  }
}
