/** The bounds and times of a sidecar. All have one value in production; tests shorten some. */
export interface SidecarSettings {
  /** How often deadlines, silence and idle connections are looked at. */
  readonly tickMs: number;
  /** Connecting and the handshake together, for one connection. */
  readonly connectTimeoutMs: number;
  /** From the start of one try to the head of its response; another try may follow. */
  readonly perTryTimeoutMs: number;
  /** From the request to the head of its response, all tries together. */
  readonly requestTimeoutMs: number;
  /** A body or an upgrade that moves no byte for this long, either way, is cut. */
  readonly bodyIdleMs: number;
  /** From the first byte of a request head to its last. */
  readonly headTimeoutMs: number;
  /** A client connection without a request under way is closed after this long: later than any peer's pool does. */
  readonly clientIdleMs: number;
  /** Handshakes of the inbound listener. */
  readonly handshakeTimeoutMs: number;
  /** How long the first bytes of a client are awaited on a port whose protocol is detected; then it is TCP. */
  readonly detectTimeoutMs: number;
  /** A pooled mesh connection without use is closed after this long. */
  readonly poolIdleMs: number;
  /** The same for connections to the application, whose own bound is often 5 s. */
  readonly appIdleMs: number;
  /** Connections of one pool, and requests that may wait for one. */
  readonly poolConnections: number;
  /** Connections of one pool that may be under way at once. */
  readonly poolDials: number;
  readonly poolWaiting: number;
  /** Client connections of all outbound listeners together, and of the inbound listener. */
  readonly maxClients: number;
  /** Tries of one request, hedges included. */
  readonly maxTries: number;
  /** A request body up to this size is kept, so that it can be sent again. */
  readonly replayBytes: number;
  /** How often shares are computed anew while a group ramps up. */
  readonly rampStepMs: number;
  /** How often a changed report goes to the controller. */
  readonly reportMs: number;
  /** From drain() until what is still open is cut. */
  readonly drainMs: number;
}

export const DEFAULT_SETTINGS: SidecarSettings = {
  tickMs: 50,
  connectTimeoutMs: 2_000,
  perTryTimeoutMs: 7_500,
  requestTimeoutMs: 15_000,
  bodyIdleMs: 60_000,
  headTimeoutMs: 10_000,
  clientIdleMs: 90_000,
  handshakeTimeoutMs: 5_000,
  detectTimeoutMs: 1_000,
  poolIdleMs: 60_000,
  appIdleMs: 4_000,
  poolConnections: 512,
  poolDials: 8,
  poolWaiting: 1_024,
  maxClients: 10_000,
  maxTries: 4,
  replayBytes: 64 * 1024,
  rampStepMs: 250,
  reportMs: 1_000,
  drainMs: 10_000,
};
