/** One peer: dials it, keeps one stream with it, hands what it states to its copy, and says how the link is. */
import type { LinkContext } from './link-context.ts';
import { PeerCopy } from './peer-copy.ts';
import { createDialler, type PeerDialler } from './peer-dialler.ts';
import type { PeerMemory } from './peer-memory.ts';
import { createSession, type PeerSession, type SessionHost } from './peer-session.ts';
import { roundTrip, skewNote } from '../decide/heartbeat.ts';
import { newerSurvives } from '../decide/surviving-stream.ts';
import type { Result } from '../../mesh/kit/result.ts';
import type { SignedBundle } from '../../mesh/model/bundle.ts';
import type { LinkState, PeerCatalog, PeerLink } from '../../mesh/model/catalog.ts';
import type {
  CatalogFrame,
  ExchangeFrame,
  HeartbeatFrame,
  HelloFrame,
} from '../../mesh/model/exchange-frame.ts';
import { fault, formatFault, type Fault } from '../../mesh/model/fault.ts';
import type { ClusterName } from '../../mesh/model/names.ts';
import type { ExchangeStream } from '../../mesh/ports/exchange-stream.ts';
import type { Log } from '../../mesh/ports/log.ts';

const PROTOCOL = 1;
/** Streams of one peer that have not said Hello yet. */
const MAX_NEW_STREAMS = 4;

interface Stream {
  readonly session: PeerSession;
  readonly dialledBy: ClusterName;
  epoch: number;
  bundleVersion: number;
}

export class PeerLinkKeeper {
  readonly copy: PeerCopy;
  readonly #context: LinkContext;
  readonly #log: Log;
  readonly #dialler: PeerDialler;
  readonly #streams = new Set<Stream>();
  #active: Stream | undefined;
  #link: PeerLink;
  #skew: string | undefined;
  /** Of its last stream, whether it has said Hello or not. */
  #proved: string | undefined;
  #stopped = false;

  constructor(memory: PeerMemory, context: LinkContext) {
    const { clock, random, dial, allowLoopback, self } = context;
    const { cluster } = memory;
    this.copy = new PeerCopy(memory, allowLoopback);
    this.#context = context;
    this.#log = context.log.with({ peer: cluster });
    this.#link =
      memory.info === undefined
        ? { state: 'connecting', since: clock.now() }
        : { state: 'stale', since: clock.now(), note: 'not reached since this controller started' };
    this.#dialler = createDialler({
      ...{ cluster, dial, clock, random, gateways: () => this.copy.gateways() },
      onStream: (stream) => this.take(stream, self),
      onFailure: (reason) => this.#onDialFailure(reason),
    });
  }

  start(): void {
    if (!this.#stopped && this.#active === undefined) this.#dialler.dialNow();
  }

  take(stream: ExchangeStream, dialledBy: ClusterName): void {
    const { membership } = stream.peer;
    // The bundle may have changed since TLS looked at it.
    if (this.#context.isEvicted(membership)) {
      stream.end();
      return this.#context.onEvicted(this.copy.cluster);
    }
    this.#proved = membership;
    const fresh = [...this.#streams].filter((known) => known !== this.#active);
    if (this.#stopped || fresh.length >= MAX_NEW_STREAMS) return stream.end();
    const known: { stream?: Stream } = {};
    const session = createSession(
      stream,
      this.#hostOf(() => known.stream),
    );
    known.stream = { session, dialledBy, epoch: 0, bundleVersion: 0 };
    this.#streams.add(known.stream);
    session.start();
  }

  catalog(): PeerCatalog {
    return { info: this.copy.info(), link: this.#link, ...this.copy.offered() };
  }

  /** Names the membership of the peer, once it is known. */
  membership(): string | undefined {
    return this.copy.membership() ?? this.#proved;
  }

  /** Streams under a membership that has been withdrawn. */
  endEvicted(reason: Fault): void {
    for (const { session } of [...this.#streams])
      if (this.#context.isEvicted(session.stream.peer.membership)) session.end(reason);
  }

  isLeft(): boolean {
    return this.#link.state === 'left';
  }

  faults(): readonly Fault[] {
    const skewed =
      this.#skew === undefined ? [] : [fault('certificate_not_yet_valid', this.copy.cluster, this.#skew)];
    return [...this.copy.faults(), ...skewed];
  }

  /** The open stream's session. */
  session(): PeerSession | undefined {
    return this.#active?.session;
  }

  /** Sends the bundle when the peer's is older. */
  offerBundle(): void {
    const stream = this.#active;
    const { version } = this.#context.trust.bundle();
    if (stream === undefined || stream.bundleVersion >= version) return;
    stream.bundleVersion = version;
    stream.session.send({ kind: 'bundle', bundle: this.#context.trust.signedBundle() });
  }

  /** No new streams, no tries; open ones go on. */
  retire(): void {
    this.#stopped = true;
    this.#dialler.rest();
  }

  /** Ends streams and tries; idempotent. */
  stop(reason: Fault): void {
    this.retire();
    for (const { session } of [...this.#streams]) session.end(reason);
  }

  #hostOf(streamOf: () => Stream | undefined): SessionHost {
    const { clock, metrics, catalog, info } = this.#context;
    const { cluster } = this.copy;
    return {
      ...{ clock, log: catalog, info, bundleVersion: () => this.#context.trust.bundle().version },
      hello: () => this.#hello(streamOf()?.session.stream.peer.membership),
      onHello: (_, hello) => this.#onHello(streamOf(), hello),
      onFrame: (session, frame) => this.#onFrame(session, frame),
      onHeartbeat: (session, frame) => this.#onHeartbeat(session, frame),
      applied: () => this.copy.applied(),
      onAck: ({ epoch, version }) => {
        const own = catalog().position;
        if (epoch === own.epoch) metrics.lag(cluster, Math.max(0, own.version - version));
      },
      onUnknownFrame: () => metrics.unknownFrame(cluster),
      onEnd: (_, reason) => this.#onEnd(streamOf(), reason),
    };
  }

  /** A new membership has a new history: where the copy of the former one stands means nothing in it. */
  #hello(membership: string | undefined): HelloFrame {
    const { catalog, info, trust } = this.#context;
    const resume = membership === this.copy.membership() ? this.copy.resume() : undefined;
    return {
      ...{ kind: 'hello', protocol: PROTOCOL, position: catalog().position, info: info() },
      ...{ bundleVersion: trust.bundle().version, ...(resume === undefined ? {} : { resume }) },
    };
  }

  #onHello(stream: Stream | undefined, hello: HelloFrame): boolean {
    if (stream === undefined) return false;
    const { session } = stream;
    if (hello.protocol < PROTOCOL)
      return this.#refuse(session, fault('schema_violation', this.copy.cluster, 'speaks an older protocol'));
    if (!this.#prefers(stream, hello.position.epoch)) {
      session.end(fault('link_down', this.copy.cluster, 'another stream serves this link'));
      return false;
    }
    const taken = this.copy.hello(hello, session.stream.peer.membership);
    if (!taken.ok) return this.#refuse(session, taken.error);
    this.#audit(taken.value);
    stream.epoch = hello.position.epoch;
    stream.bundleVersion = hello.bundleVersion;
    this.#activate(stream);
    return true;
  }

  /** A peer that has restarted since has no use for the older stream. */
  #prefers(stream: Stream, epoch: number): boolean {
    const active = this.#active;
    return active === undefined || epoch > active.epoch || newerSurvives(active, stream);
  }

  #activate(stream: Stream): void {
    const older = this.#active;
    this.#active = stream;
    this.#dialler.rest();
    older?.session.end(fault('link_down', this.copy.cluster, 'a newer stream serves this link'));
    this.#setLink('up', undefined);
    this.offerBundle();
    this.#context.onMemory(this.copy.cluster);
    this.#context.onChange();
  }

  #refuse(session: PeerSession, refusal: Fault): false {
    this.#audit([refusal]);
    const { code, subject, message } = refusal;
    session.send({ kind: 'nack', version: 0, reason: code, key: subject, detail: message });
    if (this.#active === undefined) this.#setLink(this.#link.state, formatFault(refusal));
    session.end(refusal);
    return false;
  }

  #onFrame(session: PeerSession, frame: ExchangeFrame): readonly ExchangeFrame[] {
    if (frame.kind === 'nack') {
      this.#context.metrics.nacked(this.copy.cluster);
      this.#log.warn('peer refused a statement', {
        key: frame.key,
        reason: frame.reason,
        detail: frame.detail,
      });
      return [];
    }
    if (frame.kind === 'goodbye') return this.#onGoodbye(session, frame.left);
    if (session !== this.#active?.session) return [];
    if (frame.kind === 'bundle') return this.#onBundle(this.#active, frame.bundle);
    if (frame.kind === 'describe') return this.#onDescribe(this.copy.describe(frame.info));
    if (frame.kind === 'digest') {
      this.#active.bundleVersion = frame.bundleVersion;
      this.offerBundle();
    }
    return isCatalogFrame(frame) ? this.#onCatalog(frame) : [];
  }

  #onCatalog(frame: CatalogFrame): readonly ExchangeFrame[] {
    const { clock, metrics } = this.#context;
    const reaction = this.copy.apply(frame, clock.monotonic());
    this.#audit(reaction.refused);
    for (const { kind } of reaction.send) if (kind === 'resync') metrics.resync(this.copy.cluster);
    if (reaction.changed) this.#changed();
    return reaction.send;
  }

  #onDescribe(taken: Result<readonly Fault[] | undefined, Fault>): readonly ExchangeFrame[] {
    if (taken.ok && taken.value === undefined) return [];
    this.#audit(taken.ok ? (taken.value ?? []) : [taken.error]);
    this.#changed();
    if (taken.ok) return [];
    const { code, subject, message } = taken.error;
    return [{ kind: 'nack', version: 0, reason: code, key: subject, detail: message }];
  }

  #onBundle(stream: Stream, bundle: SignedBundle): readonly ExchangeFrame[] {
    const adopted = this.#context.trust.adoptBundle(bundle);
    if (!adopted.ok) this.#audit([adopted.error]);
    else stream.bundleVersion = Math.max(stream.bundleVersion, this.#context.trust.bundle().version);
    return [];
  }

  #onGoodbye(session: PeerSession, left: boolean): readonly ExchangeFrame[] {
    const { cluster } = this.copy;
    if (left) {
      this.copy.clear();
      this.#setLink('left', 'it has left the mesh');
      this.#log.info('peer left the mesh');
    }
    session.end(fault('link_down', cluster, left ? 'it has left the mesh' : 'its controller is stopping'));
    if (left) {
      this.#dialler.rest();
      this.#changed();
      this.#context.onLeft(cluster);
    }
    return [];
  }

  #onHeartbeat(session: PeerSession, frame: HeartbeatFrame): void {
    const { clock, metrics, onQuietChange } = this.#context;
    const rttMs = roundTrip(frame, clock.monotonic());
    if (session !== this.#active?.session || rttMs === undefined) return;
    metrics.rtt(this.copy.cluster, rttMs);
    this.#skew = skewNote(frame, clock.now(), rttMs);
    this.#link = { ...this.#link, rttMs };
    onQuietChange();
    if (this.#link.state === 'up' && this.#link.note !== this.#skew) this.#setLink('up', this.#skew);
  }

  #onEnd(stream: Stream | undefined, reason: Fault): void {
    if (stream === undefined || !this.#streams.delete(stream)) return;
    const wasActive = stream === this.#active;
    if (wasActive) {
      this.#active = undefined;
      this.#skew = undefined;
      if (this.#link.state !== 'left') this.#setLink('stale', reason.message);
    }
    if (!this.#stopped && this.#active === undefined && this.#link.state !== 'left')
      this.#dialler.dialLater(wasActive);
  }

  #onDialFailure(reason: Fault): void {
    // Whoever is evicted may have come to stand at the address of another.
    const membership = this.membership();
    const isItself = reason.code === 'cluster_evicted' && reason.subject === this.copy.cluster;
    if (isItself && (membership === undefined || this.#context.isEvicted(membership)))
      return this.#context.onEvicted(this.copy.cluster);
    if (this.#active === undefined) this.#setLink(this.#link.state, formatFault(reason));
  }

  #setLink(state: LinkState, note: string | undefined): void {
    const { clock, metrics, onChange } = this.#context;
    const { rttMs, since, state: before, note: noteBefore } = this.#link;
    if (before === state && noteBefore === note) return;
    metrics.linkUp(this.copy.cluster, state === 'up');
    this.#link = {
      ...{ state, since: before === state ? since : clock.now() },
      ...(rttMs === undefined || state !== 'up' ? {} : { rttMs }),
      ...(note === undefined ? {} : { note }),
    };
    if (before !== state) this.#log.info('link changed', { state, was: before, note });
    onChange();
  }

  #changed(): void {
    const { metrics, onMemory, onChange } = this.#context;
    metrics.services(this.copy.cluster, this.copy.offered().services.size);
    onMemory(this.copy.cluster);
    onChange();
  }

  #audit(refused: readonly Fault[]): void {
    for (const refusal of refused) {
      this.#context.metrics.refused(this.copy.cluster, refusal.code);
      this.#log.warn('statement refused', { reason: refusal.code, detail: formatFault(refusal) });
    }
  }
}

function isCatalogFrame(frame: ExchangeFrame): frame is CatalogFrame {
  return ['snapshotBegin', 'upsert', 'tombstone', 'snapshotComplete', 'digest'].includes(frame.kind);
}
