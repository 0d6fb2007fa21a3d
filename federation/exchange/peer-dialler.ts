/** Dials one peer until a stream stands: its gateways in turn, with growing pauses and full jitter. */
import { reconnectDelay } from '../decide/reconnect.ts';
import type { GatewayAddress } from '../../mesh/model/catalog.ts';
import type { Fault } from '../../mesh/model/fault.ts';
import type { ClusterName } from '../../mesh/model/names.ts';
import type { Clock } from '../../mesh/ports/clock.ts';
import type { ExchangeDialer, ExchangeStream } from '../../mesh/ports/exchange-stream.ts';
import type { Random } from '../../mesh/ports/random.ts';

export interface DiallerOptions {
  readonly cluster: ClusterName;
  readonly dial: ExchangeDialer;
  readonly clock: Clock;
  readonly random: Random;
  /** Where it can be reached now; read before each try. */
  gateways(): readonly GatewayAddress[];
  onStream(stream: ExchangeStream): void;
  onFailure(reason: Fault): void;
}

export interface PeerDialler {
  /** Dials at once, unless a try is under way or waits. */
  dialNow(): void;
  /** Dials after a pause; `wasUp`: a link that worked has just been lost. */
  dialLater(wasUp: boolean): void;
  /** A link stands: no more tries. */
  rest(): void;
}

export function createDialler(options: DiallerOptions): PeerDialler {
  const { cluster, clock, random } = options;
  let failures = 0;
  let afterLoss = false;
  let cancel: (() => void) | undefined;

  const dialNow = (): void => {
    if (cancel === undefined) attempt();
  };
  const attempt = (): void => {
    const gateways = options.gateways();
    const gateway = gateways[failures % Math.max(1, gateways.length)];
    if (gateway === undefined) return again();
    cancel = options.dial({ cluster, gateway }, (result) => {
      cancel = undefined;
      if (result.ok) return options.onStream(result.value);
      again();
      options.onFailure(result.error);
    });
  };
  const again = (): void => {
    const delay = reconnectDelay(failures++, afterLoss, random.next());
    cancel = clock.after(delay, attempt);
  };
  const rest = (): void => {
    cancel?.();
    cancel = undefined;
    failures = 0;
  };
  return {
    ...{ dialNow, rest },
    dialLater(wasUp) {
      if (cancel !== undefined) return;
      if (wasUp) {
        failures = 0;
        afterLoss = true;
      }
      again();
    },
  };
}
