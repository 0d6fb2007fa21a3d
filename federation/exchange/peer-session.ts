/**
 * One stream: says Hello, sends this cluster's catalog as fast as the peer reads, hands on what the peer says, and
 * ends when the peer is silent. It decides nothing: federation/decide does.
 */
import { HEARTBEAT_MS, makeHeartbeat, SILENT_AFTER, type Heard } from '../decide/heartbeat.ts';
import {
  digestFrame,
  isAtEnd,
  nextFrame,
  snapshotCursor,
  cursorFor,
  type Cursor,
} from '../decide/publisher.ts';
import { fullBucket, takeToken, type Rate } from '../decide/token-bucket.ts';
import type { CatalogLog } from '../decide/catalog-log.ts';
import type {
  ExchangeFrame,
  HeartbeatFrame,
  HelloFrame,
  Position,
  StatedInfo,
} from '../../mesh/model/exchange-frame.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import type { Clock } from '../../mesh/ports/clock.ts';
import type { ExchangeStream } from '../../mesh/ports/exchange-stream.ts';

export interface SessionHost {
  readonly clock: Clock;
  log(): CatalogLog;
  hello(): HelloFrame;
  /** What this cluster says of itself now. */
  info(): StatedInfo;
  /** Of the trust bundle held here. */
  bundleVersion(): number;
  /** The peer's Hello: false refuses the stream. */
  onHello(session: PeerSession, hello: HelloFrame): boolean;
  /** Catalog frames, describe, nack, bundle, goodbye. Answers what to send back. */
  onFrame(session: PeerSession, frame: ExchangeFrame): readonly ExchangeFrame[];
  onHeartbeat(session: PeerSession, frame: HeartbeatFrame): void;
  /** Up to where the peer's catalog has been applied. */
  applied(): Position;
  onAck(position: Position): void;
  onUnknownFrame(): void;
  onEnd(session: PeerSession, reason: Fault): void;
}

export interface PeerSession {
  /** Says Hello and begins to listen. */
  start(): void;
  readonly stream: ExchangeStream;
  /** The peer's Hello has come and was accepted. */
  isOpen(): boolean;
  /** The own catalog has grown: send what is new. */
  catalogChanged(): void;
  describe(info: StatedInfo): void;
  /** Sends now, or with the next drain; for the few frames that must not be lost. */
  send(frame: ExchangeFrame): void;
  /** Ends the stream; `onEnd` follows with this reason. Idempotent. */
  end(reason: Fault): void;
}

const DIGEST_EVERY = 5;
const BLOCKED_AFTER = 30;
const SNAPSHOT_PAUSE_MS = 1000;
/** What one peer may say: a full snapshot at once, then a steady rate. Above it reading pauses. */
const INTAKE: Rate = { perSecond: 2000, burst: 12_000 };
const INTAKE_PAUSE_MS = 50;
const HELLO_WITHIN = 5;
/** Heartbeats after which a stream is made anew, so that no identity outlives its certificate by much. */
const MAX_AGE = 12 * 3600;
/** Replies that wait for a slow reader; more are dropped and found again by digest. */
const MAX_WAITING = 256;

export function createSession(stream: ExchangeStream, host: SessionHost): PeerSession {
  return new Session(stream, host);
}

class Session implements PeerSession {
  readonly stream: ExchangeStream;
  readonly #host: SessionHost;
  readonly #waiting: ExchangeFrame[] = [];
  #cursor: Cursor | undefined;
  /** What this cluster last said of itself here, as text. */
  #described = '';
  #writable = true;
  #ended = false;
  #heard: Heard | undefined;
  #acked: Position | undefined;
  #ticks = 0;
  #silentTicks = 0;
  #blockedTicks = 0;
  #snapshotAtMs = -Infinity;
  #intake;
  #cancelTick = (): void => undefined;
  #cancelResume = (): void => undefined;

  constructor(stream: ExchangeStream, host: SessionHost) {
    this.stream = stream;
    this.#host = host;
    this.#intake = fullBucket(INTAKE, host.clock.monotonic());
  }

  start(): void {
    const hello = this.#host.hello();
    this.#described = JSON.stringify(hello.info);
    this.#write(hello);
    this.#cancelTick = this.#host.clock.every(HEARTBEAT_MS, () => this.#tick());
    this.stream.listen({
      onFrame: (frame) => this.#receive(frame),
      onUnknownFrame: () => this.#host.onUnknownFrame(),
      onDrain: () => {
        this.#writable = true;
        this.#pump();
      },
      onEnd: (reason) => this.end(reason),
    });
  }

  isOpen(): boolean {
    return this.#cursor !== undefined && !this.#ended;
  }

  catalogChanged(): void {
    this.#pump();
  }

  describe(info: StatedInfo): void {
    if (!this.isOpen()) return;
    this.#described = JSON.stringify(info);
    this.send({ kind: 'describe', info });
  }

  send(frame: ExchangeFrame): void {
    if (this.#waiting.length >= MAX_WAITING) return;
    this.#waiting.push(frame);
    this.#pump();
  }

  end(reason: Fault): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#cancelTick();
    this.#cancelResume();
    this.stream.end();
    this.#host.onEnd(this, reason);
  }

  #receive(frame: ExchangeFrame): void {
    if (this.#ended) return;
    this.#silentTicks = 0;
    this.#limitIntake();
    switch (frame.kind) {
      case 'hello':
        return this.#onHello(frame);
      case 'heartbeat':
        this.#heard = { sentMs: frame.sentMs, atMs: this.#host.clock.monotonic() };
        return this.#host.onHeartbeat(this, frame);
      case 'resync':
        return this.#onResync();
      case 'ack':
        return this.#host.onAck(frame.position);
      default:
        // Before its Hello a peer has nothing to say, but a farewell.
        if (this.#cursor === undefined && frame.kind !== 'goodbye' && frame.kind !== 'nack') return;
        for (const reply of this.#host.onFrame(this, frame)) this.send(reply);
    }
  }

  #onHello(hello: HelloFrame): void {
    if (this.#cursor !== undefined || !this.#host.onHello(this, hello)) return;
    this.#cursor = cursorFor(this.#host.log(), hello.resume);
    // Since its own Hello went out, this cluster may have become another.
    const info = this.#host.info();
    if (JSON.stringify(info) !== this.#described) this.describe(info);
    this.#pump();
  }

  /** A peer that asks without pause is not served without pause: it asks again at the next digest. */
  #onResync(): void {
    const now = this.#host.clock.monotonic();
    if (this.#cursor === undefined || now - this.#snapshotAtMs < SNAPSHOT_PAUSE_MS) return;
    this.#snapshotAtMs = now;
    this.#cursor = snapshotCursor(this.#host.log());
    this.#pump();
  }

  #limitIntake(): void {
    const { clock } = this.#host;
    const next = takeToken(this.#intake, INTAKE, clock.monotonic());
    if (next !== undefined) return void (this.#intake = next);
    this.stream.pause();
    this.#cancelResume();
    this.#cancelResume = clock.after(INTAKE_PAUSE_MS, () => this.stream.resume());
  }

  #pump(): void {
    while (this.#writable && !this.#ended) {
      const reply = this.#waiting.shift();
      if (reply !== undefined) {
        this.#write(reply);
        continue;
      }
      const next = this.#cursor && nextFrame(this.#host.log(), this.#cursor);
      if (next === undefined) return;
      this.#cursor = next.cursor;
      this.#write(next.frame);
    }
  }

  #write(frame: ExchangeFrame): void {
    this.#writable = this.stream.send(frame);
  }

  #tick(): void {
    this.#ticks++;
    if (++this.#silentTicks >= SILENT_AFTER) return this.end(this.#lost('nothing heard for 4 heartbeats'));
    if (this.#cursor === undefined && this.#ticks >= HELLO_WITHIN)
      return this.end(this.#lost('no hello came'));
    if (this.#ticks >= MAX_AGE) return this.end(this.#lost('it is old, and is made anew'));
    this.#blockedTicks = this.#writable ? 0 : this.#blockedTicks + 1;
    if (this.#blockedTicks >= BLOCKED_AFTER) return this.end(this.#lost('it reads nothing'));
    if (!this.#writable) return;
    const { clock } = this.#host;
    this.#write(makeHeartbeat(clock.monotonic(), clock.now(), this.#heard));
    const applied = this.#host.applied();
    if (this.#acked?.version !== applied.version || this.#acked.epoch !== applied.epoch)
      this.#write({ kind: 'ack', position: (this.#acked = applied) });
    const atEnd = this.#cursor !== undefined && isAtEnd(this.#host.log(), this.#cursor);
    if (atEnd && this.#writable && this.#ticks % DIGEST_EVERY === 0) this.#tellAgain();
  }

  /** What a lost frame would have told: so that nothing stays lost for longer than this. */
  #tellAgain(): void {
    this.#write(digestFrame(this.#host.log(), this.#host.bundleVersion()));
    this.describe(this.#host.info());
  }

  #lost(why: string): Fault {
    return fault('link_down', this.stream.peer.cluster, why);
  }
}
