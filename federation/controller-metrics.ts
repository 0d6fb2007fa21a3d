/** What a controller measures of itself. The exchange, joining and enrolment have their own beside them. */
import type { LinkState } from '../mesh/model/catalog.ts';
import type { Fault } from '../mesh/model/fault.ts';
import type { Metrics } from '../mesh/ports/metrics.ts';
import type { ConnectedProxy } from './discovery/discovery-service.ts';
import type { Decided } from './decide/reconcile.ts';
import type { PeerCatalogs } from './decide/mesh-view.ts';

export interface ControllerMetrics {
  /** After each pass. `tookMs`: from the first change that asked for it until the proxies were told. */
  reconciled(decided: Decided, pass: { readonly tookMs: number; readonly viewVersion: number }): void;
  peers(peers: PeerCatalogs): void;
  proxies(proxies: readonly ConnectedProxy[]): void;
  refused(listener: string, refusal: Fault): void;
}

const LINK_STATES: readonly LinkState[] = ['connecting', 'up', 'stale', 'left'];
const PASS_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1];

export function controllerMetrics(metrics: Metrics): ControllerMetrics {
  const gauge = <L extends string>(name: string, help: string, labels: readonly L[]) =>
    metrics.gauge({ name, help, labels });
  const peersByState = gauge('isthmus_peers', 'Other clusters, by state of the link.', ['state']);
  const proxiesByKind = gauge('isthmus_proxies', 'Proxies connected to this controller.', ['kind']);
  const version = gauge('isthmus_view_version', 'Version of the view that proxies are given.', [])({});
  const services = gauge('isthmus_services', 'Services that proxies see, and pods of headless ones.', [])({});
  const exports = gauge('isthmus_exported_services', 'Services that this cluster offers.', [])({});
  const faults = gauge('isthmus_faults', 'What is wrong with manifests, exports and peers now.', [])({});
  const pass = metrics.histogram({
    ...{ name: 'isthmus_reconcile_duration_seconds', labels: [], buckets: PASS_BUCKETS },
    help: 'From a change of the cluster or of a peer until the proxies were told.',
  })({});
  const refusals = metrics.counter({
    ...{ name: 'isthmus_controller_refused_total', labels: ['listener', 'reason'] },
    help: 'Connections, registrations and reports refused, by reason code.',
  });
  return {
    reconciled(decided, { tookMs, viewVersion }) {
      pass.observe(tookMs / 1000);
      version.set(viewVersion);
      services.set(decided.view.services.size);
      exports.set(decided.own.services.size);
      faults.set(decided.faults.length);
    },
    peers(peers) {
      for (const state of LINK_STATES)
        peersByState({ state }).set([...peers.values()].filter(({ link }) => link.state === state).length);
    },
    proxies(proxies) {
      const sidecars = proxies.filter(({ identity }) => identity.kind === 'workload').length;
      proxiesByKind({ kind: 'sidecar' }).set(sidecars);
      proxiesByKind({ kind: 'gateway' }).set(proxies.length - sidecars);
    },
    refused: (listener, { code }) => refusals({ listener, reason: code }).add(),
  };
}
