/** Streams between clusters on a manual clock: they can be slow, cut (also one way), and lose, double or swap frames. */
import { decodeFrame, encodeFrame } from '../../../mesh/adapters/grpc/exchange-codec.ts';
import { Frame } from '../../../mesh/adapters/grpc/generated/isthmus/exchange/v1/exchange.ts';
import type { ExchangeFrame } from '../../../mesh/model/exchange-frame.ts';
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

type Fate = 'deliver' | 'drop' | 'duplicate' | 'swap';

export interface VirtualNetwork {
  /** Joins the network; `accept` gets the streams that others dial. Joining again replaces: a restart. */
  join(peer: ExchangePeer, accept: (stream: ExchangeStream) => void): ExchangeDialer;
  /** Ends every stream of a cluster, as a crash does; dials to it fail until it joins again. */
  crash(cluster: ClusterName): void;
  /** Nothing gets from `from` to `to` any more: no frame, no dial, no end of a stream. */
  cut(from: ClusterName, to: ClusterName): void;
  heal(): void;
  /** What happens to each frame; all are delivered unless set. */
  fate: (from: ClusterName, to: ClusterName) => Fate;
  latencyMs: number;
  /** Streams that neither end has seen end. */
  openStreams(): number;
  /** Frames sent, by sender. */
  sent(cluster: ClusterName): number;
  dials(): number;
}

/** Frames on their way before `send` answers false. */
const WINDOW = 16;

export function createVirtualNetwork(clock: Clock): VirtualNetwork {
  const nodes = new Map<ClusterName, Node>();
  const cuts = new Set<string>();
  const ends = new Set<VirtualEnd>();
  const sent = new Map<ClusterName, number>();
  let dials = 0;
  const wire: Wire = {
    clock,
    ends,
    isCut: (from, to) => cuts.has(`${from}>${to}`),
    fate: (from, to) => network.fate(from, to),
    latencyMs: () => network.latencyMs,
    count: (from) => void sent.set(from, (sent.get(from) ?? 0) + 1),
  };
  const network: VirtualNetwork = {
    ...{ fate: () => 'deliver', latencyMs: 1 },
    join(peer, accept) {
      const node: Node = { peer, accept };
      nodes.set(peer.cluster, node);
      return (target, answer) => {
        dials++;
        const isHere = (): boolean => nodes.get(peer.cluster) === node;
        return clock.after(network.latencyMs * 2, () => {
          const other = isHere() ? nodes.get(target.cluster) : undefined;
          connect(wire, { node, other, target }, answer);
        });
      };
    },
    crash(cluster) {
      nodes.delete(cluster);
      for (const end of [...ends]) if (end.owner === cluster) end.breakOff();
    },
    cut: (from, to) => void cuts.add(`${from}>${to}`),
    heal: () => cuts.clear(),
    openStreams: () => ends.size,
    sent: (cluster) => sent.get(cluster) ?? 0,
    dials: () => dials,
  };
  return network;
}

interface Node {
  readonly peer: ExchangePeer;
  readonly accept: (stream: ExchangeStream) => void;
}

interface Dial {
  readonly node: Node;
  readonly other: Node | undefined;
  readonly target: DialTarget;
}

function connect(wire: Wire, { node, other, target }: Dial, answer: Parameters<ExchangeDialer>[1]): void {
  const [from, to] = [node.peer.cluster, target.cluster];
  if (other === undefined || wire.isCut(from, to) || wire.isCut(to, from))
    return answer({ ok: false, error: fault('connect_timeout', to, 'no answer on the virtual network') });
  const [near, far] = createPair(wire, node.peer, other.peer);
  other.accept(far);
  answer({ ok: true, value: near });
}

interface Wire {
  readonly clock: Clock;
  readonly ends: Set<VirtualEnd>;
  isCut(from: ClusterName, to: ClusterName): boolean;
  fate(from: ClusterName, to: ClusterName): Fate;
  latencyMs(): number;
  count(from: ClusterName): void;
}

function createPair(wire: Wire, dialler: ExchangePeer, dialled: ExchangePeer): [VirtualEnd, VirtualEnd] {
  const near = new VirtualEnd(wire, dialler.cluster, dialled);
  const far = new VirtualEnd(wire, dialled.cluster, dialler);
  near.other = far;
  far.other = near;
  return [near, far];
}

class VirtualEnd implements ExchangeStream {
  readonly peer: ExchangePeer;
  readonly owner: ClusterName;
  readonly #wire: Wire;
  readonly #arrived: Uint8Array[] = [];
  other: VirtualEnd | undefined;
  #handlers: ExchangeHandlers | undefined;
  #inFlight = 0;
  #held: Uint8Array | undefined;
  #paused = false;
  #ended = false;

  constructor(wire: Wire, owner: ClusterName, peer: ExchangePeer) {
    this.#wire = wire;
    this.owner = owner;
    this.peer = peer;
    wire.ends.add(this);
  }

  send(frame: ExchangeFrame): boolean {
    const { peer, owner } = this;
    if (this.#ended) return false;
    this.#wire.count(owner);
    this.#inFlight++;
    const bytes = Frame.encode(encodeFrame(frame)).finish();
    this.#wire.clock.after(this.#wire.latencyMs(), () => {
      if (--this.#inFlight === WINDOW - 1) this.#handlers?.onDrain();
      if (!this.#wire.isCut(owner, peer.cluster)) this.#carry(bytes);
    });
    return this.#inFlight < WINDOW;
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
    const { owner, peer, other } = this;
    this.#wire.clock.after(this.#wire.latencyMs(), () => {
      if (!this.#wire.isCut(owner, peer.cluster)) other?.fail(fault('link_down', owner, 'the stream ended'));
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

  take(bytes: Uint8Array): void {
    if (this.#ended) return;
    this.#arrived.push(bytes);
    this.#drainArrived();
  }

  #carry(bytes: Uint8Array): void {
    const fate = this.#wire.fate(this.owner, this.peer.cluster);
    if (fate === 'drop') return;
    if (fate === 'swap' && this.#held === undefined) return void (this.#held = bytes);
    this.other?.take(bytes);
    if (fate === 'duplicate') this.other?.take(bytes);
    if (this.#held !== undefined) this.other?.take(this.#held);
    this.#held = undefined;
  }

  #drainArrived(): void {
    while (!this.#paused && this.#handlers !== undefined && !this.#ended) {
      const bytes = this.#arrived.shift();
      if (bytes === undefined) return;
      const frame = decodeFrame(Frame.decode(bytes));
      if (frame === undefined) this.#handlers.onUnknownFrame();
      else this.#handlers.onFrame(frame);
    }
  }
}
