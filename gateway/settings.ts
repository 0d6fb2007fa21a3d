/** The limits of a gateway: what it bounds, and how long it waits. */
export interface GatewaySettings {
  /** One absolute deadline from accept to spliced, on every path. */
  readonly helloDeadlineMs: number;
  /** For one try to reach an endpoint; another one is tried after it. */
  readonly dialTimeoutMs: number;
  /** Endpoints tried for one connection. */
  readonly dialTries: number;
  /** How long an endpoint that refused is asked last: doubles with each refusal, up to the maximum. */
  readonly restMs: number;
  readonly maxRestMs: number;
  readonly maxConnections: number;
  /** Connections between accept and spliced, in all and from one source: over it the oldest one is closed. */
  readonly maxHalfOpen: number;
  readonly maxHalfOpenPerSource: number;
  /** Lines about refused connections per second; the rest is counted. */
  readonly refusalLinesPerSecond: number;
  /** Silence on a connection after which the kernel probes the peer. */
  readonly keepAliveMs: number;
  /** The age from which it does. It takes four system calls a side, which most connections do not live to need. */
  readonly keepAliveFromMs: number;
  readonly drain: DrainSettings;
}

export interface DrainSettings {
  /** Keeps accepting for so long after it stopped advertising: peers need time to hear it. */
  readonly acceptMs: number;
  /** Waits for connections to end by themselves until so long after the drain began. */
  readonly deadlineMs: number;
  /** Then closes the rest over so long, the quiet ones first. */
  readonly spreadMs: number;
}

export const DEFAULT_SETTINGS: GatewaySettings = {
  helloDeadlineMs: 5_000,
  dialTimeoutMs: 1_000,
  dialTries: 4,
  restMs: 1_000,
  maxRestMs: 10_000,
  maxConnections: 20_000,
  maxHalfOpen: 4_096,
  maxHalfOpenPerSource: 1_024,
  refusalLinesPerSecond: 10,
  keepAliveMs: 30_000,
  keepAliveFromMs: 10_000,
  drain: { acceptMs: 5_000, deadlineMs: 30_000, spreadMs: 30_000 },
};
