/** Everything that connections are served with, built once: routes that follow the view, limits, counters. */
import { SlotList } from '../mesh/kit/slot-list.ts';
import type { MeshView } from '../mesh/model/mesh-view.ts';
import { deadlineQueue } from './deadline-queue.ts';
import { buildRouteTable, routeMemory, type RouteTable } from './decide/route-table.ts';
import type { Place } from './decide/pick-endpoint.ts';
import type { Dialling } from './dial.ts';
import { endpointLedger } from './endpoint-ledger.ts';
import type { GatewayOptions } from './gateway-options.ts';
import { halfOpenPool } from './half-open.ts';
import { gatewayInstruments } from './instruments.ts';
import { refusalLog } from './refusal-log.ts';
import type { ServeContext } from './serve-connection.ts';
import type { GatewaySettings } from './settings.ts';
import type { Spliced } from './spliced-set.ts';
import { createReadBuffers } from './upstream.ts';

export interface Serving {
  readonly context: ServeContext;
  /** Ends every connection, stops following the view. Idempotent. */
  stop(): void;
}

export function buildServing(options: GatewayOptions, settings: GatewaySettings): Serving {
  const { clock, random, log, discovery, config, controllerTargets } = options;
  const ledger = endpointLedger(clock, settings);
  const timeouts = deadlineQueue<Dialling>(clock, settings.dialTimeoutMs, (dialling) => dialling.expire());
  const halfOpen = halfOpenPool(clock, settings);
  const spliced = new SlotList<Spliced>();
  const young = deadlineQueue<Spliced>(clock, settings.keepAliveFromMs, (one) =>
    one.keepAlive(settings.keepAliveMs),
  );
  const memory = routeMemory();
  let table: RouteTable = buildRouteTable(discovery.view(), options.zone, memory);
  const unsubscribe = discovery.subscribe((view: MeshView) => {
    table = buildRouteTable(view, options.zone, memory);
    ledger.keepOnly(placesOf(table));
  });
  const context: ServeContext = {
    clock,
    log,
    logRefusal: refusalLog(log, clock, settings.refusalLinesPerSecond),
    instruments: gatewayInstruments(options.metrics, config.cluster),
    halfOpen,
    targets: { self: config, table: () => table, controllerTargets },
    dialler: { ...settings, ledger, random, timeouts, buffers: createReadBuffers() },
    spliced,
    young,
  };
  return {
    context,
    stop: () => {
      unsubscribe();
      halfOpen.stop();
      for (const one of spliced.items()) one.destroy();
      timeouts.stop();
      young.stop();
    },
  };
}

function* placesOf(table: RouteTable): Iterable<Place> {
  for (const { near, far } of table.values()) {
    yield* near;
    yield* far;
  }
}
