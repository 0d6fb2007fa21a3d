/** The DNS program of a cluster, from its first list of the API server to its end. */
import { startAdminServer } from '../mesh/adapters/admin/admin-server.ts';
import type { Readiness } from '../mesh/adapters/admin/readiness.ts';
import type { ApiAccess } from '../mesh/adapters/kubernetes/api-access.ts';
import { createApiClient } from '../mesh/adapters/kubernetes/api-client.ts';
import type { PrometheusMetrics } from '../mesh/adapters/metrics/prometheus-metrics.ts';
import { aborted } from '../mesh/kit/aborted.ts';
import type { Clock } from '../mesh/ports/clock.ts';
import type { Log } from '../mesh/ports/log.ts';
import type { Random } from '../mesh/ports/random.ts';
import type { DnsFlags } from './flags.ts';
import { followZone, type Followed } from './follow-zone.ts';
import { dnsInstruments } from './instruments.ts';
import { startDnsServer } from './server.ts';
import type { Listener } from './server-options.ts';
import { createZoneMemory } from './zone-memory.ts';

export interface ProgramOptions extends DnsFlags {
  readonly access: ApiAccess;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: PrometheusMetrics;
  readonly stop: AbortSignal;
}

/** Pods that still look here learn in this time that it goes. */
const LEAVING_MS = 3_000;

/** Resolves when it has been stopped; rejects when it cannot listen. */
export async function runDns(options: ProgramOptions): Promise<void> {
  const { access, log, metrics, host, stop } = options;
  const zone = createZoneMemory();
  const api = createApiClient(access);
  const followed = followZone({ ...options, api, zone });
  let server: Listener | undefined;
  const admin = await startAdminServer({
    ...{ host, port: options.adminPort, metrics, log },
    ready: () => readiness({ followed, isAnswering: server !== undefined && !stop.aborted }),
  });
  log.info('dns starting', { admin: { host, port: admin.port } });
  // Before it knows all names it would deny some.
  await Promise.race([followed.whole, aborted(stop)]);
  if (!stop.aborted) {
    server = await startDnsServer({ ...options, zone, instruments: dnsInstruments(metrics) });
    log.info('answering', { address: { host, port: server.port } });
    await drained(options);
    await server.stop();
  }
  followed.stop();
  api.stop();
  await admin.stop();
}

async function drained({ stop, clock }: ProgramOptions): Promise<void> {
  await aborted(stop);
  await new Promise<void>((resolve) => void clock.after(LEAVING_MS, resolve));
}

function readiness({ followed, isAnswering }: { followed: Followed; isAnswering: boolean }): Readiness[] {
  const trouble = followed.trouble();
  return [
    {
      name: 'answering',
      ok: isAnswering,
      note: isAnswering ? 'ok' : 'waiting for the first list of imports and their endpoints, or stopping',
    },
    // Without its API server it goes on with what it knows: that is no reason to take it out.
    { name: 'api-server', ok: true, note: trouble === undefined ? 'followed' : `away: ${trouble.message}` },
  ];
}
