/** What is measured, and how one round of it goes. */
import type { Opened, Site, Topology } from './contenders/contender.ts';
import { startApplication } from './contenders/nginx.ts';
import type { Sample } from './decide/results.ts';
import { measureIdle, measureOpenLoop, measurePeak, measureStream } from './measure.ts';
import { FIXED_RATES, type Plan } from './plan.ts';
import type { Started } from './processes.ts';
import type { BackendInput } from './programs/stream-backend-child.ts';

/** Kept open by the open-loop client, so that a slow answer holds up no other request. */
const OPEN_LOOP_CONNECTIONS = 64;

export interface Scenario {
  readonly name: string;
  readonly topology: Topology;
  readonly rounds: number;
  /** Each round starts its processes anew. */
  readonly fresh: boolean;
  /** What stands behind the proxies, and the client before them. */
  prepare(site: Site): Promise<Prepared>;
}

export interface Prepared {
  readonly target: number;
  /** Before the first sample. */
  warm(opened: Opened): Promise<unknown>;
  sample(opened: Opened): Promise<Sample>;
}

export function scenarios(plan: Plan): Scenario[] {
  return [
    stream('gateway-bulk', plan, {
      does: 'source',
      run: (client, opened, forMs) => measureStream(client, opened, { kind: 'bulk', connections: 4, forMs }),
      forMs: plan.bulkMs,
    }),
    stream('gateway-connections', plan, {
      does: 'answer',
      run: (client, opened, forMs) =>
        measureStream(client, opened, { kind: 'churn', connections: 32, forMs }),
      forMs: plan.churnMs,
    }),
    idle(plan),
    ...(['hop', 'pair', 'path'] as const).map((topology) => http(topology, plan)),
  ];
}

interface StreamWish extends BackendInput {
  readonly forMs: number;
  run(client: Started, opened: Opened, forMs: number): Promise<Sample>;
}

function stream(name: string, { rounds, warmSeconds }: Plan, { does, run, forMs }: StreamWish): Scenario {
  return {
    ...{ name, topology: 'gateway', rounds, fresh: false },
    async prepare(site) {
      const { client, target } = await startStreams(site, { does });
      return {
        target,
        warm: (opened) => run(client, opened, warmSeconds * 1_000),
        sample: (opened) => run(client, opened, forMs),
      };
    },
  };
}

function idle(plan: Plan): Scenario {
  return {
    ...{ name: 'gateway-idle', topology: 'gateway', rounds: plan.idleRounds, fresh: true },
    async prepare(site) {
      const { client, target } = await startStreams(site, { does: 'hold' });
      return {
        target,
        warm: () => Promise.resolve(),
        sample: (opened) => measureIdle(client, opened, plan.idle),
      };
    },
  };
}

async function startStreams(
  { processes }: Site,
  does: BackendInput,
): Promise<{ readonly client: Started; readonly target: number }> {
  const backend = await processes.program<{ port: number }>('stream-backend-child.ts', does);
  return { client: await processes.program('stream-client-child.ts', {}), target: backend.first.port };
}

function http(topology: 'hop' | 'pair' | 'path', plan: Plan): Scenario {
  return {
    ...{ name: topology, topology, rounds: plan.rounds, fresh: false },
    async prepare(site) {
      const target = await startApplication(site);
      const client = await site.processes.program('open-loop-child.ts', {});
      const run: HttpRun = { client, plan, direct: target };
      return {
        target,
        warm: (opened) => measurePeak(opened, plan.warmSeconds),
        async sample(opened) {
          const peak = await measurePeak(opened, plan.peakSeconds);
          const fixed = await atFixedRate(run, opened, FIXED_RATES[topology]);
          if (topology !== 'hop') return { ...peak, ...fixed };
          return { ...peak, ...fixed, ...(await atHalfPeak(run, opened, peak.requestsPerSecond / 2)) };
        },
      };
    },
  };
}

interface HttpRun {
  readonly client: Started;
  readonly plan: Plan;
  /** The application's own port. */
  readonly direct: number;
}

async function atFixedRate({ client, plan }: HttpRun, { port }: Opened, perSecond: number): Promise<Sample> {
  const order = { port, perSecond, forMs: plan.openLoopMs, connections: OPEN_LOOP_CONNECTIONS };
  const { p50Ms, p99Ms, failures } = await measureOpenLoop(client, order);
  if (failures > 0) throw new Error(`${failures} requests at ${perSecond}/s failed`);
  return { fixedP50Ms: p50Ms, fixedP99Ms: p99Ms };
}

/** What the hop adds to the tail: with it, and without it at the same rate. */
async function atHalfPeak(
  { client, plan, direct }: HttpRun,
  { port }: Opened,
  halfRate: number,
): Promise<Sample> {
  const order = { perSecond: halfRate, forMs: plan.openLoopMs, connections: OPEN_LOOP_CONNECTIONS };
  const through = await measureOpenLoop(client, { ...order, port });
  const without = await measureOpenLoop(client, { ...order, port: direct });
  if (through.failures > 0) throw new Error(`${through.failures} requests at half of the peak rate failed`);
  return {
    halfRate,
    halfP99Ms: through.p99Ms,
    directP99Ms: without.p99Ms,
    addedP99Ms: through.p99Ms - without.p99Ms,
  };
}
