/** Runs a scenario to its end, or to the first thing that is wrong. */
import type { ClusterName } from '../../mesh/model/names.ts';
import { describeAct, formatTime, type Act, type Scenario } from './act.ts';
import { CLUSTERS, SERVICES } from './cast.ts';
import { INVARIANTS } from './invariants/all.ts';
import { wrongInPeace } from './invariants/peace.ts';
import type { Report, Watcher } from './invariants/watcher.ts';
import { makePeace, perform } from './perform.ts';
import { createTrace } from './trace.ts';
import { World } from './world.ts';

export interface Failure {
  /** Its number: I1 to I9, L1 to L4, F6, F24; or `threw`. */
  readonly invariant: string;
  readonly words: string;
  /** Acts performed before. */
  readonly step: number;
  readonly atMs: number;
}

export interface Outcome {
  readonly failure: Failure | undefined;
  readonly trace: string;
}

/** L1: after faults have stopped. */
const AGREED_WITHIN_MS = 30_000;
/** Long enough for a half-open stream to be noticed. */
const LASTING_MS = 5000;
/** L3: then nothing is tried any more. */
const QUIET_MS = 6000;

export async function runScenario(scenario: Scenario): Promise<Outcome> {
  const run = new Run(scenario);
  try {
    await run.toTheEnd();
  } catch (cause) {
    if (!(cause instanceof Stop))
      return run.outcome({
        invariant: 'threw',
        words: cause instanceof Error ? (cause.stack ?? '') : String(cause),
      });
  }
  return run.outcome();
}

/** Ends a run at its first failure. */
class Stop extends Error {}

class Run {
  readonly #scenario: Scenario;
  readonly #world: World;
  readonly #watchers: readonly Watcher[];
  readonly #trace = createTrace();
  #step = 0;
  #failure: Failure | undefined;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    const each = (tell: (watcher: Watcher) => void): void => this.#watchers.forEach(tell);
    this.#world = new World(scenario.seed, scenario.clusters, {
      born: (cluster) => each((watcher) => watcher.born?.(cluster)),
      shaken: (...ends) => each((watcher) => watcher.shaken?.(...ends)),
    });
    this.#watchers = INVARIANTS.map((invariant) => invariant(this.#world, this.#report));
    const { network, clock } = this.#world;
    network.tap = {
      sent: (frame, lane) => {
        each((watcher) => watcher.sent?.(frame, lane));
        this.#countDown(lane.from);
      },
      taken: (frame, lane) => {
        this.#trace.frame(frame, lane, clock.monotonic());
        each((watcher) => watcher.taken?.(frame, lane));
      },
    };
  }

  outcome(thrown?: Pick<Failure, 'invariant' | 'words'>): Outcome {
    if (thrown !== undefined && this.#failure === undefined) this.#note(thrown.invariant, thrown.words);
    if (this.#failure !== undefined) this.#trace.text(this.#failure.words);
    return { failure: this.#failure, trace: this.#trace.hash() };
  }

  async toTheEnd(): Promise<void> {
    this.#begin();
    for (const act of this.#scenario.acts) {
      await this.#advanceTo(act.at);
      this.#perform(act);
      this.#check();
    }
    this.#step = this.#scenario.acts.length;
    await this.#peace();
    await this.#stop();
  }

  /** Members that know each other, each with a few services. */
  #begin(): void {
    const world = this.#world;
    for (const cluster of world.clusters) {
      cluster.manifests.namespace('shop', true);
      for (const service of SERVICES.slice(0, 4)) {
        const { name: on } = cluster;
        for (const act of firstActs(on, service)) perform(world, act, this.#watchers);
      }
    }
    for (const cluster of world.clusters) cluster.boot();
    for (const cluster of world.clusters)
      for (const other of world.clusters)
        if (other !== cluster) cluster.core?.exchange.addMember(other.member());
  }

  /** In steps of a second at most, with time for promises between. */
  async #advanceTo(at: number): Promise<void> {
    const { clock } = this.#world;
    while (clock.monotonic() < at) {
      clock.advance(Math.min(1000, at - clock.monotonic()));
      for (let turn = 0; turn < 4; turn++) await Promise.resolve();
      this.#check();
    }
  }

  #perform(act: Act): void {
    this.#trace.text(describeAct(act));
    perform(this.#world, act, this.#watchers);
    this.#step++;
  }

  async #peace(): Promise<void> {
    const { clock, network } = this.#world;
    makePeace(this.#world);
    const end = clock.monotonic() + AGREED_WITHIN_MS;
    let rightSince = Infinity;
    while (rightSince + LASTING_MS > clock.monotonic()) {
      await this.#advanceTo(clock.monotonic() + 1000);
      this.#confirmHeld();
      const [wrong] = wrongInPeace(this.#world);
      if (wrong !== undefined && clock.monotonic() >= end) this.#report(...wrong);
      rightSince = wrong === undefined ? Math.min(rightSince, clock.monotonic()) : Infinity;
    }
    const dials = network.dials();
    await this.#advanceTo(clock.monotonic() + QUIET_MS);
    if (network.dials() !== dials) this.#report('L3', `${network.dials() - dials} dials in peace`);
    const [wrong] = wrongInPeace(this.#world);
    if (wrong !== undefined) this.#report(...wrong);
  }

  /** An operator who reads the alarms. */
  #confirmHeld(): void {
    for (const at of this.#world.membersNow()) {
      for (const peer of this.#world.membersNow()) {
        if (peer === at) continue;
        for (const watcher of this.#watchers) watcher.confirmed?.(at.name, peer.name);
        at.core?.exchange.confirmSnapshot(peer.name);
      }
    }
  }

  /** L2: nothing is left of what has stopped. */
  async #stop(): Promise<void> {
    const { clusters, clock, network } = this.#world;
    for (const cluster of clusters) {
      const { process } = cluster;
      cluster.stopGently();
      await this.#advanceTo(clock.monotonic() + 20);
      const left = process?.life.timers() ?? 0;
      if (left > 0) this.#report('L2', `${cluster.name} has stopped, and ${left} of its timers have not`);
    }
    if (network.openStreams() > 0) this.#report('L2', `${network.openStreams()} ends of streams outlive all`);
  }

  #check(): void {
    for (const watcher of this.#watchers) watcher.step?.();
  }

  readonly #report: Report = (invariant, words) => {
    this.#note(invariant, words);
    throw new Stop(words);
  };

  #note(invariant: string, words: string): void {
    this.#failure ??= { invariant, words, step: this.#step, atMs: this.#world.clock.monotonic() };
  }

  #countDown(sender: ClusterName): void {
    const { framesToDeath, clusters } = this.#world;
    const left = framesToDeath.get(sender);
    if (left === undefined) return;
    framesToDeath.set(sender, left - 1);
    if (left > 1) return;
    framesToDeath.delete(sender);
    clusters.find(({ name }) => name === sender)?.kill();
  }
}

function firstActs(cluster: ClusterName, service: string): readonly Act[] {
  const on = { at: 0, cluster, service };
  const isOffered = (CLUSTERS.indexOf(cluster) + SERVICES.indexOf(service as never)) % 4 !== 3;
  return [
    { ...on, kind: 'service', ports: 1 },
    { ...on, kind: 'endpoints', ready: 2, total: 2 },
    ...(isOffered ? [{ ...on, kind: 'export' } as const] : []),
  ];
}

/** What happened, for people. */
export function storyOf({ seed, clusters, acts }: Scenario, { failure, trace }: Outcome): string {
  const head = `seed ${seed}, ${clusters} clusters, ${acts.length} acts, trace ${trace}`;
  const end =
    failure === undefined
      ? 'nothing was wrong'
      : `${formatTime(failure.atMs)}  ${failure.invariant} after ${failure.step} acts: ${failure.words}`;
  return [head, ...acts.map(describeAct), end].join('\n');
}
