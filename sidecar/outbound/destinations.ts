/**
 * The ways to the service ports of the view, kept in step with it. One is opened when it is first asked for: a mesh has thousands
 * of services, of which a workload calls a few.
 */
import { serviceOf, splitServiceOf } from '../../mesh/model/host-key.ts';
import type { MeshView, ServiceView } from '../../mesh/model/mesh-view.ts';
import type { ServiceKey } from '../../mesh/model/names.ts';
import type { ServiceObservation } from '../../mesh/model/report.ts';
import type { SidecarContext } from '../context.ts';
import type { ServiceAddress } from '../decide/host-route.ts';
import type { SidecarMetrics } from '../observe/request-metrics.ts';
import { openDestination, type Destination } from './destination.ts';
import type { LaneDialer } from './dial-lane.ts';
import { describeHealth } from './lane-health.ts';
import { PortRoute } from './port-route.ts';

export interface DestinationsParts {
  readonly context: SidecarContext;
  readonly metrics: SidecarMetrics;
  readonly dialer: LaneDialer;
}

export class Destinations {
  readonly #parts: DestinationsParts;
  readonly #open = new Map<string, Destination>();
  /** Gone from the view, with requests still under way. */
  readonly #leaving = new Set<Destination>();
  readonly #offIdentity: () => void;
  #view: MeshView;

  constructor(parts: DestinationsParts, view: MeshView) {
    this.#parts = parts;
    this.#view = view;
    this.#offIdentity = parts.context.identity.subscribe(() => {
      for (const { route } of this.#open.values()) route.renewTerms();
    });
  }

  /** Undefined when the view knows no such port, or none at that address. */
  find(to: ServiceAddress): Destination | undefined {
    const key = keyOf(to);
    const known = this.#open.get(key);
    if (known !== undefined) return known;
    const seen = serviceWith(this.#view, to);
    if (seen === undefined) return undefined;
    const route = new PortRoute(this.#routeParts(), {
      view: this.#view,
      service: seen,
      port: to.port,
      at: to.at,
    });
    const opened = openDestination(this.#parts.context, this.#parts.metrics, route);
    this.#open.set(key, opened);
    return opened;
  }

  /** All that can be found. */
  known(): readonly ServiceAddress[] {
    return [...this.#view.services.values()].flatMap(({ key, ports }) =>
      ports.map(({ port }) => ({ service: key, port })),
    );
  }

  update(view: MeshView): void {
    this.#view = view;
    for (const [key, { route }] of this.#open) {
      const service = serviceWith(view, route);
      if (service === undefined) this.#retire(key);
      else route.update(view, service);
    }
  }

  /** The reach of gateways changed. */
  invalidate(): void {
    for (const { route } of this.#open.values()) route.invalidate();
  }

  tick(nowMs: number): void {
    for (const { route } of this.#open.values()) route.tick(nowMs);
    for (const leaving of this.#leaving) {
      leaving.route.tick(nowMs);
      if (leaving.route.isGone) this.#leaving.delete(leaving);
    }
  }

  /** One for each service that has been called. */
  observe(nowMs: number): ServiceObservation[] {
    const byService = new Map<ServiceKey, ServiceObservation>();
    for (const { route, stats } of this.#open.values()) {
      const read = stats.read(nowMs);
      if (Object.keys(read.sent).length === 0) continue;
      const service = serviceOf(route.service);
      const one = {
        service,
        groups: route.shares().groups.map(({ group }) => group),
        ...read,
      };
      const other = byService.get(service);
      byService.set(service, other === undefined ? one : merge(other, one));
    }
    return [...byService.values()];
  }

  stop(): void {
    this.#offIdentity();
    for (const { route } of [...this.#open.values(), ...this.#leaving]) route.stop();
    this.#open.clear();
    this.#leaving.clear();
    this.#view = { ...this.#view, services: new Map() };
  }

  #retire(key: string): void {
    const destination = this.#open.get(key);
    if (destination === undefined) return;
    this.#open.delete(key);
    destination.route.retire();
    this.#leaving.add(destination);
  }

  #routeParts(): ConstructorParameters<typeof PortRoute>[0] {
    const { context, metrics, dialer } = this.#parts;
    return {
      ...{ context, dialer },
      laneChanged(route, { spec, health }, how) {
        const fields = { to: `${route.service}:${route.port}`, cluster: spec.cluster, address: spec.address };
        const why = describeHealth(health);
        if (why === undefined) return context.log.info(`upstream ${how}`, fields);
        context.log.warn(`upstream ${how}`, { ...fields, why });
        if (how !== 'ejected') return;
        const { namespace, name } = splitServiceOf(route.service);
        const labels = { destination_service: name, destination_service_namespace: namespace };
        metrics.ejections({ ...labels, destination_cluster: spec.cluster }).add();
      },
    };
  }
}

function serviceWith({ services }: MeshView, { service, port, at }: ServiceAddress): ServiceView | undefined {
  const seen = services.get(service);
  if (seen?.ports.some((one) => one.port === port) !== true) return undefined;
  return at === undefined || seen.clustersetIps?.includes(at) === true ? seen : undefined;
}

function keyOf({ service, port, at = '' }: ServiceAddress): string {
  return `${service}:${port}@${at}`;
}

/** A service with several ports or hosts: the groups of the busier one, the counts of both. */
function merge(a: ServiceObservation, b: ServiceObservation): ServiceObservation {
  const total = ({ sent }: ServiceObservation): number => Object.values(sent).reduce((sum, n) => sum + n, 0);
  const busier = total(b) > total(a) ? b : a;
  const sent: Record<string, number> = { ...a.sent };
  for (const [cluster, count] of Object.entries(b.sent)) sent[cluster] = (sent[cluster] ?? 0) + count;
  return { ...busier, sent, failed: a.failed + b.failed, rate: a.rate + b.rate };
}
