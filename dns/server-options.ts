import type { Clock } from '../mesh/ports/clock.ts';
import type { Log } from '../mesh/ports/log.ts';
import type { Zone } from './decide/answer-question.ts';
import type { Instruments } from './instruments.ts';

export interface ServerOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly zone: Zone;
  readonly instruments: Instruments;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Listener {
  readonly port: number;
  /** Ends what is open too. */
  stop(): Promise<void>;
}
