/** A lane in use: its connections, its health, what waits on it. */
import type { Result } from '../../mesh/kit/result.ts';
import { SlotList } from '../../mesh/kit/slot-list.ts';
import type { Fault } from '../../mesh/model/fault.ts';
import type { ReasonCode } from '../../mesh/model/reason.ts';
import type { SidecarContext } from '../context.ts';
import type { Finding } from '../decide/endpoint-groups.ts';
import { HttpClientConnection } from '../http/client-connection.ts';
import { ConnectionPool } from '../http/connection-pool.ts';
import type { HttpTrial, Trial, Upstream } from '../http/upstream.ts';
import type { ByteStream } from '../streams/byte-stream.ts';
import { ALPN_TCP, type LaneDialer, type MeshSocket } from './dial-lane.ts';
import * as health from './lane-health.ts';
import type { LaneSpec } from './lane.ts';
import { SharedLinks } from './shared-links.ts';

export interface LaneEvents {
  /** Its usability changed: shares must be computed anew. */
  changed(lane: LiveLane, how: 'ejected' | 'suspect' | 'usable again'): void;
}

type HttpPool = ConnectionPool<HttpClientConnection>;

export class LiveLane implements Upstream {
  spec: LaneSpec;
  /** Requests and connections under way. */
  outstanding = 0;
  /** Monotonic ms since when it takes requests without a break; -Infinity: from the start. */
  readySince: number;
  readonly health = health.createLaneHealth();
  readonly #context: SidecarContext;
  readonly #dialer: LaneDialer;
  readonly #events: LaneEvents;
  readonly #waiting = new SlotList<Trial>();
  #pool: HttpPool | undefined;
  #links: SharedLinks | undefined;
  #terms = '';
  #lastRefusal: Fault | undefined;
  #probing = false;
  #retired = false;

  constructor(
    spec: LaneSpec,
    parts: { context: SidecarContext; dialer: LaneDialer; events: LaneEvents; readySince: number },
  ) {
    this.spec = spec;
    this.readySince = parts.readySince;
    this.#context = parts.context;
    this.#dialer = parts.dialer;
    this.#events = parts.events;
  }

  get cluster(): string {
    return this.spec.cluster;
  }

  get isIdle(): boolean {
    return this.outstanding === 0 && (this.#pool?.openCount ?? 0) === 0;
  }

  /** Whether new requests may go here, as far as this proxy knows. */
  finding(): Finding {
    if (this.spec.kind === 'gateway' && !this.#dialer.reach.isReachable(this.spec.address)) {
      return { usable: false, note: 'gateway unreachable' };
    }
    const note = health.describeHealth(this.health);
    return note === undefined ? { usable: true } : { usable: false, note };
  }

  /** As finding(), but for the ramp of its group: a suspicion that may be a false alarm does not count yet. */
  isDown(nowMs: number): boolean {
    if (this.spec.kind === 'gateway' && !this.#dialer.reach.isReachable(this.spec.address)) return true;
    return health.isDown(this.health, nowMs);
  }

  acquire(trial: HttpTrial): void {
    this.#begin(trial);
    this.#currentPool().acquire(trial);
  }

  /** A byte stream to the port, for one TCP client; the caller then calls answered, failed or abandoned. */
  connectTcp(trial: Trial): Promise<Result<MeshSocket, Fault>> {
    this.#begin(trial);
    return this.#dialer.dial(this.spec, [ALPN_TCP]);
  }

  answered(trial: Trial, status: number): void {
    const nowMs = this.#now();
    this.#waiting.remove(trial);
    const wasSuspect = health.answered(this.health, {
      era: trial.era,
      nowMs,
      tookMs: nowMs - trial.startedAt,
    });
    const recovered = status >= 500 ? this.#noteFailure(`status ${status}`) : health.succeeded(this.health);
    if (!recovered && !wasSuspect) return;
    this.readySince = nowMs;
    this.#events.changed(this, 'usable again');
  }

  failed(trial: Trial, reason: ReasonCode): void {
    this.#forget(trial);
    this.#noteFailure(reason);
  }

  /** Many wait for one dial: it fails once. */
  refused(trial: Trial, fault: Fault): void {
    this.#forget(trial);
    if (fault === this.#lastRefusal) return health.endTrial(this.health);
    this.#lastRefusal = fault;
    this.#noteFailure(fault.code);
  }

  cancelled(trial: HttpTrial): void {
    this.#pool?.cancel(trial);
    this.abandoned(trial);
  }

  stale(trial: Trial): void {
    this.#pool?.closeIdle();
    this.abandoned(trial);
  }

  /** As cancelled, for a TCP connection under way. */
  abandoned(trial: Trial): void {
    this.#forget(trial);
    health.endTrial(this.health);
  }

  ended(): void {
    this.outstanding -= 1;
  }

  /** Silence, probes and idle connections. */
  tick(nowMs: number): void {
    const jitter = this.#context.random.next();
    if (health.noticeSilence(this.health, nowMs, jitter)) this.#becomeSuspect();
    else if (this.health.suspicion !== undefined) this.#moveLateAway(health.lateFrom(nowMs));
    if (!this.#probing && !this.#retired && health.takeProbe(this.health, nowMs, jitter)) this.#probe();
    this.#pool?.sweep(nowMs);
    this.#links?.sweep(nowMs);
  }

  /** The certificate or the bundle changed: what was verified under the old ones is not used again. */
  renewTerms(): void {
    if (this.#terms !== this.#currentTerms()) this.#retirePool();
  }

  update(spec: LaneSpec): void {
    if (spec.ready && !this.spec.ready) this.readySince = this.#now();
    this.spec = spec;
    if (!spec.ready) this.#closeIdle();
  }

  /** No longer in the view: what is under way may finish, nothing is reused. */
  retire(): void {
    this.#retired = true;
    this.#retirePool();
  }

  stop(): void {
    this.#retired = true;
    this.#pool?.stop();
    this.#links?.stop();
  }

  #now(): number {
    return this.#context.clock.monotonic();
  }

  #begin(trial: Trial): void {
    this.outstanding += 1;
    this.#waiting.add(trial);
    trial.era = health.beganWaiting(this.health, trial.startedAt);
  }

  #forget(trial: Trial): void {
    if (this.#waiting.remove(trial)) health.gaveUp(this.health, trial.era);
    this.outstanding -= 1;
  }

  /** False, for the caller's sake: nothing has recovered. */
  #noteFailure(why: string): false {
    const at = { nowMs: this.#now(), jitter: this.#context.random.next() };
    if (health.failed(this.health, why, at)) {
      this.#events.changed(this, 'ejected');
    }
    return false;
  }

  #becomeSuspect(): void {
    this.#closeIdle();
    this.#events.changed(this, 'suspect');
    // To other suspects too: where all are drowned, the first of two to answer is soon enough.
    for (const trial of this.#waiting.items()) trial.moveAway(false);
  }

  /** What was sent by then. At each tick anew: there may be nowhere to go until another lane is usable again. */
  #moveLateAway(sentBy: number): void {
    for (const trial of this.#waiting.items().filter(({ startedAt }) => startedAt <= sentBy))
      if (!trial.moveAway(true)) return;
  }

  #probe(): void {
    this.#probing = true;
    void this.#dialer.probe(this.spec).then((alive) => {
      this.#probing = false;
      if (!alive || this.health.suspicion === undefined) return;
      if (health.isLastingSuspect(this.health, this.#now())) this.#startOver();
      health.refuteSuspicion(this.health, this.#now());
      this.#events.changed(this, 'usable again');
    });
  }

  #currentTerms(): string {
    const { identity } = this.#context;
    return `${this.spec.key}|${identity.credentials().serial}|${identity.bundle().version}`;
  }

  /** What is kept may lead to nobody any more: new requests are not sent on it. */
  #closeIdle(): void {
    this.#pool?.closeIdle();
    this.#links?.renew();
  }

  /** Not after what hangs either. */
  #startOver(): void {
    this.#links?.renew();
    this.#pool?.startOver();
  }

  #retirePool(): void {
    this.#pool?.retire();
    this.#links?.retire();
    this.#pool = undefined;
    this.#links = undefined;
  }

  #currentPool(): HttpPool {
    if (this.#pool !== undefined) return this.#pool;
    const { settings, clock, random, spareCredit: spare } = this.#context;
    this.#terms = this.#currentTerms();
    const links = new SharedLinks({
      ...{ spec: this.spec, dialer: this.#dialer, clock, random, spare, maxIdleMs: settings.poolIdleMs },
      ...{ maxDials: settings.poolDials, endpoints: () => this.spec.endpoints },
    });
    const pool: HttpPool = new ConnectionPool({
      ...{ subject: this.spec.address, clock, maxIdleMs: settings.poolIdleMs },
      ...{
        maxConnections: settings.poolConnections,
        maxDials: settings.poolDials,
        maxWaiting: settings.poolWaiting,
      },
      dial: () => links.connect((stream, reused) => this.#open(stream, { pool, reused })),
    });
    this.#links = links;
    this.#pool = pool;
    return pool;
  }

  #open(
    stream: ByteStream,
    { pool, reused }: { readonly pool: HttpPool; readonly reused: boolean },
  ): HttpClientConnection {
    return new HttpClientConnection(stream, {
      reused,
      heard: () => health.heardByte(this.health, this.#now()),
      free: (connection) => pool.release(connection),
      closed: (connection) => pool.discard(connection),
    });
  }
}
