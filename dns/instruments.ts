/** What the server counts. Labels are fixed words, never names that were asked for. */
import type { Metrics } from '../mesh/ports/metrics.ts';
import type { Silence, Transport, WireRcode } from './message.ts';

export type Dropped = Silence | 'busy' | 'idle' | 'forged';

export interface Instruments {
  answered(transport: Transport, rcode: WireRcode): void;
  dropped(transport: Transport, reason: Dropped): void;
}

export function dnsInstruments(metrics: Metrics): Instruments {
  const answered = metrics.counter({
    name: 'isthmus_dns_queries_total',
    help: 'Queries answered, by response code.',
    labels: ['transport', 'rcode'],
  });
  const dropped = metrics.counter({
    name: 'isthmus_dns_dropped_total',
    help: 'Packets and connections that got no answer: no query, or more than is held at a time.',
    labels: ['transport', 'reason'],
  });
  return {
    answered: (transport, rcode) => answered({ transport, rcode }).add(),
    dropped: (transport, reason) => dropped({ transport, reason }).add(),
  };
}
