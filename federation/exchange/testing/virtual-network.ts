/** Streams between clusters on a manual clock: they can be slow, cut (also one way), and lose, double or swap frames. */
import { decodeFrame, encodeFrame } from '../../../mesh/adapters/grpc/exchange-codec.ts';
import { Frame } from '../../../mesh/adapters/grpc/generated/isthmus/exchange/v1/exchange.ts';
import type { ExchangeFrame } from '../../../mesh/model/exchange-frame.ts';
import { err, ok, type Result } from '../../../mesh/kit/result.ts';
import { fault, type Fault } from '../../../mesh/model/fault.ts';
import type { ClusterName } from '../../../mesh/model/names.ts';
import type { Clock } from '../../../mesh/ports/clock.ts';
import type {
  DialTarget,
  ExchangeDialer,
  ExchangeHandlers,
  ExchangePeer,
  ExchangeStream,
} from '../../../mesh/ports/exchange-stream.ts';

export type Fate = 'deliver' | 'drop' | 'duplicate' | 'swap';

/** One direction of a stream, as an onlooker sees it. */
export interface Lane {
  readonly from: ClusterName;
  /** `from` as the receiver's TLS has proved it. */
  readonly sender: ExchangePeer;
  readonly to: ClusterName;
  /** A frame has been lost or has come out of order; a doubled one does no harm. */
  readonly isDamaged: boolean;
  /** The other direction of the same stream. */
  readonly back: Lane;
  /** Frames sent and not yet taken. */
  readonly waiting: number;
}

/** Sees every frame as it is sent, and as it is taken, before the receiver does. */
export interface Tap {
  sent(frame: ExchangeFrame, lane: Lane): void;
  taken(frame: ExchangeFrame, lane: Lane): void;
}

/** Both ends as TLS proves them to each other, or why there is no stream. */
export type Handshake = (
  dialler: ExchangePeer,
  answering: ExchangePeer,
  target: DialTarget,
) => Result<readonly [dialler: ExchangePeer, answering: ExchangePeer], Fault>;

export interface VirtualNetwork {
  /** Joins the network; `accept` gets the streams that others dial. Joining again replaces: a restart. */
  join(peer: ExchangePeer, accept: (stream: ExchangeStream) => void): ExchangeDialer;
  /** Dials without being there for others: any identity, also one that has joined. */
  dialAs(peer: ExchangePeer): ExchangeDialer;
  /** Ends every stream of a cluster, as a crash does; dials to it fail until it joins again. */
  crash(cluster: ClusterName): void;
  /** Nothing gets from `from` to `to` any more: no frame, no dial, no end of a stream. */
  cut(from: ClusterName, to: ClusterName): void;
  mend(from: ClusterName, to: ClusterName): void;
  heal(): void;
  /** The cluster reads nothing any more; its senders feel it. */
  stall(cluster: ClusterName): void;
  unstall(cluster: ClusterName): void;
  /** What happens to each frame; all are delivered unless set. */
  fate: (from: ClusterName, to: ClusterName) => Fate;
  /** What becomes of a frame on the way, by a fault that nothing notices; it stays as it is unless set. */
  alter: (frame: ExchangeFrame) => ExchangeFrame;
  latencyMs: number;
  /** For a dial that nothing answers; undefined: as for any other. */
  dialTimeoutMs: number | undefined;
  /** Which member answers at an address; the dialled one unless set. */
  route: (target: DialTarget) => ClusterName;
  handshake: Handshake;
  tap: Tap | undefined;
  /** Streams that neither end has seen end. */
  openStreams(): number;
  /** Frames sent, by sender. */
  sent(cluster: ClusterName): number;
  dials(): number;
}

/** Frames on their way before `send` answers false. */
export const WINDOW = 16;

const FAULTLESS: Pick<
  VirtualNetwork,
  'fate' | 'alter' | 'latencyMs' | 'dialTimeoutMs' | 'tap' | 'route' | 'handshake'
> = {
  ...{
    fate: () => 'deliver',
    alter: (frame) => frame,
    latencyMs: 1,
    dialTimeoutMs: undefined,
    tap: undefined,
  },
  route: ({ cluster }) => cluster,
  handshake: (dialler, answering) => ok([dialler, answering]),
};

export function createVirtualNetwork(clock: Clock): VirtualNetwork {
  const nodes = new Map<ClusterName, Node>();
  const ends = new Set<VirtualEnd>();
  const sent = new Map<ClusterName, number>();
  const { isCut, isStalled, ...obstacles } = createObstacles(ends);
  let dials = 0;
  const dialFrom = (node: Node, isHere: () => boolean): ExchangeDialer => {
    return (target, answer) => {
      dials++;
      const other = (): Node | undefined => (isHere() ? nodes.get(network.route(target)) : undefined);
      return dial({ wire, node, target, other }, answer);
    };
  };
  const network: VirtualNetwork = {
    ...FAULTLESS,
    join(peer, accept) {
      const node: Node = { peer, accept };
      nodes.set(peer.cluster, node);
      return dialFrom(node, () => nodes.get(peer.cluster) === node);
    },
    dialAs: (peer) => dialFrom({ peer, accept: (stream) => stream.end() }, () => true),
    crash(cluster) {
      nodes.delete(cluster);
      for (const end of [...ends]) if (end.owner === cluster) end.breakOff();
    },
    ...obstacles,
    openStreams: () => ends.size,
    sent: (cluster) => sent.get(cluster) ?? 0,
    dials: () => dials,
  };
  const count = (from: ClusterName): void => void sent.set(from, (sent.get(from) ?? 0) + 1);
  const wire: Wire = { clock, ends, network, isCut, isStalled, count };
  return network;
}

type Obstacles = Pick<VirtualNetwork, 'cut' | 'mend' | 'heal' | 'stall' | 'unstall'> &
  Pick<Wire, 'isCut' | 'isStalled'>;

function createObstacles(ends: ReadonlySet<VirtualEnd>): Obstacles {
  const cuts = new Set<string>();
  const stalled = new Set<ClusterName>();
  return {
    cut: (from, to) => void cuts.add(`${from}>${to}`),
    mend: (from, to) => void cuts.delete(`${from}>${to}`),
    heal: () => cuts.clear(),
    stall: (cluster) => void stalled.add(cluster),
    unstall(cluster) {
      stalled.delete(cluster);
      for (const end of [...ends]) if (end.owner === cluster) end.resume();
    },
    isCut: (from, to) => cuts.has(`${from}>${to}`),
    isStalled: (cluster) => stalled.has(cluster),
  };
}

interface Node {
  readonly peer: ExchangePeer;
  readonly accept: (stream: ExchangeStream) => void;
}

interface Dial {
  readonly wire: Wire;
  readonly node: Node;
  readonly target: DialTarget;
  readonly other: () => Node | undefined;
}

type Answer = Parameters<ExchangeDialer>[1];

/** The cut is looked at when the dial begins and when it would be answered: both must let it through. */
function dial({ wire, node, target, other }: Dial, answer: Answer): () => void {
  const { clock, network } = wire;
  const from = node.peer.cluster;
  const isCut = (): boolean => {
    const to = network.route(target);
    return wire.isCut(from, to) || wire.isCut(to, from);
  };
  const unanswered = fault('connect_timeout', target.cluster, 'no answer on the virtual network');
  const timeoutMs = network.dialTimeoutMs ?? network.latencyMs * 2;
  if (isCut()) return clock.after(timeoutMs, () => answer(err(unanswered)));
  return clock.after(network.latencyMs * 2, () => {
    const answering = other();
    if (answering === undefined || isCut()) return answer(err(unanswered));
    const proved = network.handshake(node.peer, answering.peer, target);
    if (!proved.ok) return answer(proved);
    const [near, far] = createPair(wire, ...proved.value);
    answering.accept(far);
    answer(ok(near));
  });
}

interface Wire {
  readonly clock: Clock;
  readonly ends: Set<VirtualEnd>;
  readonly network: VirtualNetwork;
  isCut(from: ClusterName, to: ClusterName): boolean;
  isStalled(cluster: ClusterName): boolean;
  count(from: ClusterName): void;
}

function createPair(wire: Wire, dialler: ExchangePeer, dialled: ExchangePeer): [VirtualEnd, VirtualEnd] {
  const near = new VirtualEnd(wire, dialler.cluster, dialled);
  const far = new VirtualEnd(wire, dialled.cluster, dialler);
  near.other = far;
  far.other = near;
  return [near, far];
}

/** What the owner sends is on the lane from the owner to the peer. */
class VirtualEnd implements ExchangeStream, Lane {
  readonly peer: ExchangePeer;
  readonly owner: ClusterName;
  isDamaged = false;
  waiting = 0;
  other!: VirtualEnd;
  readonly #wire: Wire;
  readonly #arrived: Uint8Array[] = [];
  #handlers: ExchangeHandlers | undefined;
  #held: Uint8Array | undefined;
  #lastArrival = 0;
  #paused = false;
  #ended = false;

  constructor(wire: Wire, owner: ClusterName, peer: ExchangePeer) {
    this.#wire = wire;
    this.owner = owner;
    this.peer = peer;
    wire.ends.add(this);
  }

  get from(): ClusterName {
    return this.owner;
  }

  get to(): ClusterName {
    return this.peer.cluster;
  }

  get sender(): ExchangePeer {
    return this.other.peer;
  }

  get back(): Lane {
    return this.other;
  }

  send(frame: ExchangeFrame): boolean {
    const { network, count } = this.#wire;
    if (this.#ended) return false;
    count(this.owner);
    this.waiting++;
    network.tap?.sent(frame, this);
    const carried = network.alter(frame);
    if (carried !== frame) this.isDamaged = true;
    const bytes = Frame.encode(encodeFrame(carried)).finish();
    this.#inOrder(() => this.#carry(bytes));
    return this.waiting < WINDOW;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#drainArrived();
  }

  listen(handlers: ExchangeHandlers): void {
    this.#handlers = handlers;
    this.#drainArrived();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#wire.ends.delete(this);
    const { owner, to, other } = this;
    this.#inOrder(() => {
      if (!this.#wire.isCut(owner, to)) other.fail(fault('link_down', owner, 'the stream ended'));
    });
  }

  /** A crash: this end hears nothing any more, the other learns of it. */
  breakOff(): void {
    this.#handlers = undefined;
    this.end();
  }

  fail(reason: Fault): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#wire.ends.delete(this);
    this.#handlers?.onEnd(reason);
  }

  /** `bytes` have come to this end, perhaps more than once. */
  take(bytes: Uint8Array): void {
    if (this.#ended) return;
    this.#arrived.push(bytes);
    this.#drainArrived();
  }

  /** After the latency, and not before what was sent before. */
  #inOrder(arrive: () => void): void {
    const { clock, network } = this.#wire;
    const now = clock.monotonic();
    this.#lastArrival = Math.max(this.#lastArrival, now + network.latencyMs);
    clock.after(this.#lastArrival - now, arrive);
  }

  #carry(bytes: Uint8Array): void {
    const { owner, to } = this;
    const fate = this.#wire.isCut(owner, to) ? 'drop' : this.#wire.network.fate(owner, to);
    if (fate === 'drop' || fate === 'swap') this.isDamaged = true;
    if (fate === 'drop') return this.#left();
    if (fate === 'swap' && this.#held === undefined) return void (this.#held = bytes);
    // A doubled frame takes no more of the window than one.
    if (fate === 'duplicate') {
      this.waiting++;
      this.other.take(bytes);
    }
    this.other.take(bytes);
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) this.other.take(held);
  }

  /** One frame of this end has been taken, or lost. */
  #left(): void {
    if (--this.waiting === WINDOW - 1) this.#handlers?.onDrain();
  }

  #drainArrived(): void {
    const { network, isStalled } = this.#wire;
    while (!this.#paused && this.#handlers !== undefined && !this.#ended && !isStalled(this.owner)) {
      const bytes = this.#arrived.shift();
      if (bytes === undefined) return;
      const frame = decodeFrame(Frame.decode(bytes));
      this.other.#left();
      if (frame !== undefined) network.tap?.taken(frame, this.other);
      if (frame === undefined) this.#handlers.onUnknownFrame();
      else this.#handlers.onFrame(frame);
    }
  }
}
