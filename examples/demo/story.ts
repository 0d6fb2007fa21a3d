/** The story of two minutes: what goes wrong, in order, and what a client of the shop notices of it. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { NAMESPACE, type DemoCluster } from './cluster.ts';
import { startLoad, type Load, type Outcome } from './load.ts';
import { measureEffect, rampMs, shareOf } from './measure.ts';
import { admin, type DemoMesh } from './mesh.ts';
import { until } from './processes.ts';

export interface Verdict {
  readonly what: string;
  readonly measured: string;
  readonly bound: string;
  readonly met: boolean;
}

const LOAD = { timeoutMs: 2000, warmUpMs: 12_000 } as const;
const RAMP_MS = 30_000;
/** From 45 % of all requests, where the story takes west to be back, to 48 %: a tenth of the ramp, and two windows. */
const BACK_MS = 0.1 * RAMP_MS + 8000;

/** Both clusters share the cart's requests, so that each of them matters; east2 stands by. */
const POLICY = `apiVersion: isthmus.dev/v1alpha1
kind: FailoverPolicy
metadata: { name: cart, namespace: ${NAMESPACE} }
spec:
  targetRef: { kind: ServiceImport, name: cart }
  levels:
    - clusters: [{ name: east, weight: 1 }, { name: west, weight: 1 }]
    - clusters: [east2]
  failback: { ramp: 30s, hold: 1s }
`;

/** `perSecond` requests for the front page at `url`. */
export function startShopLoad({ url, perSecond }: { url: string; perSecond: number }): Load {
  return startLoad({
    ...{ ...LOAD, url, perSecond },
    servedBy: (body) => /"cart":\{"cluster":"([a-z0-9]+)"/.exec(body)?.[1] ?? '',
  });
}

export interface Telling {
  /** Requests per second. */
  readonly perSecond: number;
  /** Is told each turn. */
  say(line: string): void;
}

/** Plays the story on a mesh that serves. Answers what was measured, against the bounds. */
export async function playStory(mesh: DemoMesh, { perSecond, say }: Telling): Promise<readonly Verdict[]> {
  await writePolicy(mesh);
  const load = startShopLoad({ url: mesh.url, perSecond });
  try {
    await delay(LOAD.warmUpMs);
    await until('west serves half', 20_000, () => Promise.resolve(halfFromWest(load) ? true : undefined));
    const healthy = await chapter(5000, () => say('healthy: east and west serve half of the carts each'));
    const cart = await loseLocalCart(mesh, say);
    const killed = await loseWest(mesh, say);
    const back = await welcomeWest(mesh, load, say);
    const frozen = await freezeWest(mesh, say);
    await delay(LOAD.timeoutMs);
    return judge({ healthy, cart, killed, back, frozen }, load);
  } finally {
    await load.stop();
  }
}

interface Span {
  readonly at: number;
  readonly until: number;
}

/** Runs `turn` and then waits `forMs`; the span begins at the turn. */
async function chapter(forMs: number, turn: () => void): Promise<Span> {
  const at = performance.now();
  turn();
  await delay(forMs);
  return { at, until: performance.now() };
}

function halfFromWest(load: Load): boolean {
  const now = performance.now();
  return shareOf(load.outcomes(now - 2000), 'west', { at: now - 2000, until: now }) > 45;
}

async function loseLocalCart(mesh: DemoMesh, say: (line: string) => void): Promise<Span> {
  const span = await chapter(6000, () => {
    say("east's cart dies: its process and its sidecar are killed");
    mesh.east.workload('cart').signal('SIGKILL');
  });
  say("east's cart starts again");
  await startAgain(mesh.east, 'cart');
  await delay(5000);
  return span;
}

/** Until the cluster's controller knows it ready. */
async function startAgain(cluster: DemoCluster, service: string): Promise<void> {
  cluster.startWorkload(service);
  await until(`${service} of ${cluster.site.name}`, 20_000, async () => {
    const services = await admin(cluster).services();
    const found = services.ok && services.value.find((one) => one.service === `${NAMESPACE}/${service}`);
    return found && found.ready > 0 ? true : undefined;
  });
}

function loseWest(mesh: DemoMesh, say: (line: string) => void): Promise<Span> {
  return chapter(6000, () => {
    say('west is killed without warning: controller, gateway, every workload');
    mesh.west.signalAll('SIGKILL');
  });
}

async function welcomeWest(mesh: DemoMesh, load: Load, say: (line: string) => void): Promise<Span> {
  const at = performance.now();
  say('west starts again; its share is ramped up over 30 s');
  mesh.west.up();
  // One after another: a cluster has its own machines, but here all its programs at once would starve those that serve.
  for (const service of mesh.west.site.services) await startAgain(mesh.west, service);
  await until('west serves half again', 60_000, () => Promise.resolve(halfFromWest(load) ? true : undefined));
  await delay(BACK_MS);
  return { at, until: performance.now() };
}

async function freezeWest(mesh: DemoMesh, say: (line: string) => void): Promise<Span> {
  const span = await chapter(8000, () => {
    say('west freezes while it serves half: connections stay open, nothing answers');
    mesh.west.signalAll('SIGSTOP');
  });
  say('west thaws');
  mesh.west.signalAll('SIGCONT');
  await delay(4000);
  return span;
}

interface Spans {
  readonly healthy: Span;
  readonly cart: Span;
  readonly killed: Span;
  readonly back: Span;
  readonly frozen: Span;
}

function judge(spans: Spans, load: Load): readonly Verdict[] {
  const outcomes = load.outcomes(0);
  const lost = (name: keyof Spans, what: string, most: number): Verdict => {
    const effect = measureEffect(outcomes, spans[name]);
    const why = effect.reasons.join(', ');
    const last = effect.lost === 0 ? '' : ` (${why}), last failure after ${seconds(effect.lastFailureMs)}`;
    const measured = `${effect.lost} of ${effect.requests} lost${last}; p99 ${Math.round(effect.p99Ms)} ms`;
    return {
      what,
      measured,
      bound: most === 0 ? 'none lost' : `at most ${most} lost`,
      met: effect.lost <= most,
    };
  };
  const frozen = measureEffect(outcomes, spans.frozen);
  return [
    lost('healthy', 'healthy', 0),
    lost('cart', 'local cart killed', 0),
    lost('killed', 'west killed', 2),
    shareGone(outcomes, spans.killed),
    lost('back', 'west comes back', 0),
    rampUp(outcomes, spans.back),
    lost('frozen', 'west freezes', 30),
    {
      what: 'west freezes',
      measured: `last failure ${seconds(frozen.lastFailureMs)} after`,
      bound: 'within 2 s',
      met: frozen.lastFailureMs <= 2000,
    },
  ];
}

function shareGone(outcomes: readonly Outcome[], { at, until: end }: Span): Verdict {
  const touched = outcomes.filter((o) => o.at > at + 1000 && o.at < end && (!o.ok || o.servedBy === 'west'));
  return {
    what: 'west killed',
    measured: `${touched.length} requests of later seconds touched it`,
    bound: 'share 0 within 1 s',
    met: touched.length === 0,
  };
}

/** 48 of its 50 percent: 48 percent of all is w / (1 + w) at a weight w of 92 percent; windows of 2 s blur it by 1 s. */
function rampUp(outcomes: readonly Outcome[], { at, until: end }: Span): Verdict {
  const took = rampMs(outcomes, 'west', { at, until: end, target: 48, windowMs: 2000 });
  const least = 0.85 * RAMP_MS;
  const measured =
    took === undefined ? 'never reached its share' : `${seconds(took)} from its first answer to 48 %`;
  const bound = `ramp of 30 s: at least ${seconds(least)} to there`;
  return { what: 'west comes back', measured, bound, met: took !== undefined && took >= least };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

async function writePolicy(mesh: DemoMesh): Promise<void> {
  const folder = path.join(mesh.east.dir, 'manifests', NAMESPACE);
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'failover-cart.yaml'), POLICY);
}
