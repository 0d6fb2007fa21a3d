/** Counters and gauges of the exchange. Labels are cluster names of members and reason codes: bounded. */
import type { ClusterName } from '../../mesh/model/names.ts';
import type { ReasonCode } from '../../mesh/model/reason.ts';
import type { Metrics } from '../../mesh/ports/metrics.ts';

export interface ExchangeMetrics {
  /** Statements of a peer that were refused: the audit counter. */
  refused(peer: ClusterName, reason: ReasonCode): void;
  nacked(peer: ClusterName): void;
  unknownFrame(peer: ClusterName): void;
  resync(peer: ClusterName): void;
  linkUp(peer: ClusterName, up: boolean): void;
  rtt(peer: ClusterName, ms: number): void;
  /** Own changes that the peer has not confirmed. */
  lag(peer: ClusterName, versions: number): void;
  services(peer: ClusterName, count: number): void;
}

export function createExchangeMetrics(metrics: Metrics): ExchangeMetrics {
  const counter = (name: string, help: string): ((peer: ClusterName) => void) => {
    const series = metrics.counter({ name, help, labels: ['peer'] });
    return (peer) => series({ peer }).add();
  };
  const gauge = (name: string, help: string): ((peer: ClusterName, value: number) => void) => {
    const series = metrics.gauge({ name, help, labels: ['peer'] });
    return (peer, value) => series({ peer }).set(value);
  };
  const refused = metrics.counter({
    name: 'isthmus_exchange_refused_total',
    help: 'Statements of a peer that were refused, by reason code.',
    labels: ['peer', 'reason'],
  });
  const linkUp = gauge('isthmus_exchange_link_up', '1 while the exchange stream with the peer is up.');
  const rtt = gauge('isthmus_exchange_rtt_seconds', 'Last round trip over the exchange stream.');
  return {
    refused: (peer, reason) => refused({ peer, reason }).add(),
    nacked: counter('isthmus_exchange_nacked_total', 'Own statements that the peer refused.'),
    unknownFrame: counter('isthmus_exchange_unknown_frames_total', 'Messages of a kind unknown here.'),
    resync: counter(
      'isthmus_exchange_resyncs_total',
      'Snapshots asked for because the copy here was not right.',
    ),
    linkUp: (peer, up) => linkUp(peer, up ? 1 : 0),
    rtt: (peer, ms) => rtt(peer, ms / 1000),
    lag: gauge('isthmus_exchange_lag_versions', 'Own changes that the peer has not confirmed.'),
    services: gauge('isthmus_exchange_services', 'Services held of the peer.'),
  };
}
