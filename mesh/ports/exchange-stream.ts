/** The stream between two controllers as a port: gRPC over mTLS in the programs, a virtual network in simulation. */
import type { GatewayAddress } from '../model/catalog.ts';
import type { ExchangeFrame } from '../model/exchange-frame.ts';
import type { Fault } from '../model/fault.ts';
import type { ClusterName } from '../model/names.ts';

/** Who is at the other end, as TLS proved it. */
export interface ExchangePeer {
  readonly cluster: ClusterName;
  /** Fingerprint of its intermediate's key, as in `TrustBundle.evicted`: names its membership. */
  readonly membership: string;
}

export interface ExchangeHandlers {
  onFrame(frame: ExchangeFrame): void;
  /** A message that is no frame, or of a kind unknown here. */
  onUnknownFrame(): void;
  /** `send` may be used again after it answered false. */
  onDrain(): void;
  /** Once, however it ended; nothing is called after it. */
  onEnd(reason: Fault): void;
}

export interface ExchangeStream {
  readonly peer: ExchangePeer;
  /** Takes the frame; false: wait for onDrain before the next one. After the end it does nothing. */
  send(frame: ExchangeFrame): boolean;
  /** Stops and restarts reading: the peer feels it as backpressure. */
  pause(): void;
  resume(): void;
  /** Frames come only after this. */
  listen(handlers: ExchangeHandlers): void;
  /** Ends both directions after what was sent; idempotent. */
  end(): void;
}

export interface DialTarget {
  readonly cluster: ClusterName;
  readonly gateway: GatewayAddress;
}

/** Opens a stream; the answer comes once, later. The returned function gives up, after which nothing is answered. */
export type ExchangeDialer = (
  target: DialTarget,
  answer: (result: { ok: true; value: ExchangeStream } | { ok: false; error: Fault }) => void,
) => () => void;
