/** What an exchange sends its tries to: a lane of the mesh, or the application beside this sidecar. */
import type { Slotted } from '../../mesh/kit/slot-list.ts';
import type { Fault } from '../../mesh/model/fault.ts';
import type { ReasonCode } from '../../mesh/model/reason.ts';
import type { PoolWaiter } from './connection-pool.ts';
import type { HttpClientConnection } from './client-connection.ts';

/** A try as its upstream keeps book on it. The upstream fills in `era`. */
export interface Trial extends Slotted {
  /** Monotonic ms. */
  readonly startedAt: number;
  era: number;
  /**
   * The upstream is suspect: send the request elsewhere too, if it may be, and to what is not suspect itself if `onlyUsable`.
   * Answers false when there is nowhere, so that there is no use in asking others.
   */
  moveAway(onlyUsable: boolean): boolean;
}

export interface HttpTrial extends Trial, PoolWaiter<HttpClientConnection> {}

export interface Upstream {
  /** The cluster it is in. */
  readonly cluster: string;
  /** Starts to wait for a connection; `began` is part of it. */
  acquire(trial: HttpTrial): void;
  /** The head of an answer has come. */
  answered(trial: Trial, status: number): void;
  /** There was no connection for the try. */
  refused(trial: Trial, fault: Fault): void;
  /** The try ended without an answer, through the upstream's fault. */
  failed(trial: Trial, reason: ReasonCode): void;
  /** The try was given up before an answer, through no fault of the upstream. */
  cancelled(trial: HttpTrial): void;
  /** A kept connection turned out to be closed by the other side: other idle ones may be, too. */
  stale(trial: HttpTrial): void;
  /** After the answer's last byte, or when the answer was cut. */
  ended(): void;
}
