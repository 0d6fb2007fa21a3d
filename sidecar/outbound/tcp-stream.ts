/** One TCP client of a service port: picks a lane by share, tries others while no byte was sent, then splices. */
import type { Socket } from 'node:net';
import type { ReasonCode } from '../../mesh/model/reason.ts';
import type { SidecarContext } from '../context.ts';
import type { Trial } from '../http/upstream.ts';
import { splice } from '../splice.ts';
import type { Destination } from './destination.ts';
import type { MeshSocket } from './dial-lane.ts';
import type { LiveLane } from './live-lane.ts';
import type { Picked } from './port-route.ts';

export interface TcpStart {
  readonly destination: Destination;
  /** What was read of the client's bytes, for detection. */
  readonly first: Buffer | undefined;
  ended(): void;
}

/** The client's socket allows half-open, is paused and has no `data` listener. */
export function streamTcp(context: SidecarContext, client: Socket, start: TcpStart): void {
  new TcpStream(context, client, start).start();
}

interface Connecting extends Trial {
  readonly lane: LiveLane;
  over: boolean;
}

class TcpStream {
  readonly #context: SidecarContext;
  readonly #client: Socket;
  readonly #start: TcpStart;
  readonly #startedAt: number;
  readonly #tried: LiveLane[] = [];
  readonly #connecting = new Set<Connecting>();
  #connected = false;
  #over = false;

  constructor(context: SidecarContext, client: Socket, start: TcpStart) {
    this.#context = context;
    this.#client = client;
    this.#start = start;
    this.#startedAt = context.clock.monotonic();
  }

  start(): void {
    this.#start.destination.route.countRequest(this.#startedAt);
    this.#client.once('close', this.#clientClosed);
    this.#client.on('error', this.#clientClosed);
    const picked = this.#pick(false);
    if ('refused' in picked) this.#refuse(picked.refused);
    else void this.#connect(picked.lane);
  }

  readonly #clientClosed = (): void => {
    if (this.#connected) return;
    for (const connecting of this.#connecting) this.#abandon(connecting);
    this.#end('client_closed');
  };

  #pick(onlyUsable: boolean): Picked {
    const { route } = this.#start.destination;
    return route.pick({ tried: this.#tried, again: 'never', canTest: true, onlyUsable });
  }

  async #connect(lane: LiveLane): Promise<void> {
    this.#tried.push(lane);
    const startedAt = this.#context.clock.monotonic();
    const connecting: Connecting = {
      lane,
      startedAt,
      era: 0,
      slot: 0,
      over: false,
      // One that was hedged has had its hedge.
      moveAway: (onlyUsable) =>
        this.#tried.at(-1) !== lane || this.#retry(onlyUsable) || this.#tried.length > 1,
    };
    this.#connecting.add(connecting);
    const result = await lane.connectTcp(connecting);
    this.#connecting.delete(connecting);
    if (connecting.over) {
      if (result.ok) result.value.socket.destroy();
      return;
    }
    if (result.ok) return this.#use(connecting, result.value);
    lane.failed(connecting, result.error.code);
    if (this.#connecting.size === 0 && !this.#retry(false)) this.#refuse(result.error.code);
  }

  /** False when there is no other lane, no try left, or no budget. */
  #retry(onlyUsable: boolean): boolean {
    const { route } = this.#start.destination;
    if (this.#over || this.#connected || this.#tried.length >= this.#context.settings.maxTries) return false;
    const picked = this.#pick(onlyUsable);
    if ('refused' in picked || !route.spendRetry()) return false;
    void this.#connect(picked.lane);
    return true;
  }

  #use(connecting: Connecting, upstream: MeshSocket): void {
    this.#connected = true;
    const { lane } = connecting;
    lane.answered(connecting, 200);
    for (const other of this.#connecting) this.#abandon(other);
    this.#client.off('close', this.#clientClosed);
    this.#client.off('error', this.#clientClosed);
    const hop = this.#start.destination.hopTo(lane.cluster);
    this.#count(lane.cluster, false);
    splice({ socket: this.#client, first: this.#start.first }, upstream, {
      moved: (bytes, fromClient) => (fromClient ? hop.received : hop.sent).add(bytes),
      done: (clean) => {
        lane.ended();
        this.#end(clean ? '' : 'upstream_reset');
      },
    });
  }

  #abandon(connecting: Connecting): void {
    this.#connecting.delete(connecting);
    connecting.over = true;
    connecting.lane.abandoned(connecting);
  }

  #refuse(reason: ReasonCode): void {
    this.#connected = true;
    this.#client.destroy();
    this.#count(this.#tried.at(-1)?.cluster ?? this.#start.destination.selfCluster, true);
    this.#end(reason);
  }

  /** Counted when it is connected: a stream may last for days. */
  #count(cluster: string, failed: boolean): void {
    const nowMs = this.#context.clock.monotonic();
    this.#start.destination.stats.count(cluster, failed, { tookMs: nowMs - this.#startedAt, nowMs });
  }

  #end(reason: ReasonCode | ''): void {
    if (this.#over) return;
    this.#over = true;
    const { clock, accessLog, identity } = this.#context;
    const { destination } = this.#start;
    const tookMs = clock.monotonic() - this.#startedAt;
    const cluster = this.#tried.at(-1)?.cluster ?? destination.selfCluster;
    destination.hopTo(cluster).connection(reason);
    accessLog?.({
      ...{ at: clock.now(), reporter: 'source', protocol: 'tcp', status: 0, reason, tookMs },
      ...{
        source: identity.id.cluster,
        destination: `${cluster}/${destination.name}`,
        tries: this.#tried.length,
      },
    });
    this.#start.ended();
  }
}
