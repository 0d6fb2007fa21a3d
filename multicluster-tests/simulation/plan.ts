/** Draws a scenario from a seed: how many clusters, and what happens to them. */
import { createSeededRandom } from '../../mesh/adapters/random/seeded-random.ts';
import type { Random } from '../../mesh/ports/random.ts';
import type { Act, Deed, PolicyKind, Scenario, Trick } from './act.ts';
import { CLUSTERS, SERVICES } from './cast.ts';
import { FLAWS } from './cluster/certificates.ts';

const SIZES = [2, 2, 2, 2, 3, 3, 3, 3, 4, 5] as const;
const ACTS = [8, 25] as const;
const LARGE_EVERY = 100;

const TRICKS: readonly Trick[] = [
  ...(['speaks-for-another', 'turns-into-another', 'malformed-entries', 'oversized-entry'] as const),
  ...(['tombstones-of-others', 'shrinking-snapshot', 'older-snapshot', 'older-epoch'] as const),
  ...(['broken-snapshot', 'huge-version', 'forged-bundle', 'gateway-of-others'] as const),
  ...(['takes-local-names', 'leaves'] as const),
];
const POLICIES: readonly PolicyKind[] = ['allow', 'deny', 'deny', 'broken', 'unreadable', 'gone'];

export function planScenario(seed: number): Scenario {
  const random = createSeededRandom(seed);
  const draw = createDraw(random);
  const clusters = seed % LARGE_EVERY === 0 ? 6 + draw.upTo(3) : draw.of(SIZES);
  const names = CLUSTERS.slice(0, clusters);
  const count = ACTS[0] + draw.upTo(ACTS[1] - ACTS[0]);
  // The first seconds are for links to come up; some runs begin in the middle of it.
  let at = draw.chance(0.8) ? 1200 : 0;
  const acts: Act[] = [];
  for (let i = 0; i < count; i++) {
    at += pause(draw);
    acts.push({ at, ...drawDeed(draw, names) });
  }
  return { seed, clusters, acts };
}

interface Draw {
  upTo(end: number): number;
  of<T>(items: readonly T[]): T;
  chance(share: number): boolean;
  /** Two different ones. */
  pair(items: readonly string[]): readonly [string, string];
}

function createDraw(random: Random): Draw {
  const upTo = (end: number): number => Math.floor(random.next() * end);
  const of = <T>(items: readonly T[]): T => items[upTo(items.length)]!;
  return {
    ...{ upTo, of, chance: (share) => random.next() < share },
    pair(items) {
      const one = of(items);
      return [one, of(items.filter((item) => item !== one))];
    },
  };
}

/** Mostly moments, so that things meet; at times long enough for a link to be given up. */
function pause(draw: Draw): number {
  if (draw.chance(0.4)) return draw.upTo(15);
  return draw.chance(0.85) ? draw.upTo(1200) : draw.upTo(7000);
}

type Drawn = (draw: Draw, names: readonly string[]) => Deed;

const on = (draw: Draw, names: readonly string[]): { cluster: string; service: string } => {
  return { cluster: draw.of(names), service: draw.of(SERVICES) };
};

/** Weight, and what. */
const DEEDS: readonly (readonly [number, Drawn])[] = [
  [6, (draw, names) => ({ kind: 'service', ...on(draw, names), ports: draw.chance(0.5) ? 1 : 2 })],
  [4, (draw, names) => ({ kind: 'delete', ...on(draw, names) })],
  [9, (draw, names) => ({ kind: 'export', ...on(draw, names) })],
  [7, (draw, names) => ({ kind: 'unexport', ...on(draw, names) })],
  [3, (draw, names) => ({ kind: 'unexportAll', cluster: draw.of(names) })],
  [9, endpoints],
  [1, (draw, names) => ({ kind: 'churn', ...on(draw, names), times: 24 + draw.upTo(16) })],
  [2, (draw, names) => ({ kind: 'namespace', cluster: draw.of(names), present: draw.chance(0.6) })],
  [10, policy],
  [4, (draw, names) => ({ kind: 'workload', cluster: draw.of(names), ready: draw.chance(0.5) })],
  [2, (draw, names) => ({ kind: 'gateway', cluster: draw.of(names), port: 15443 + draw.upTo(3) })],
  [3, (draw, names) => ({ kind: 'proxiesAway', cluster: draw.of(names), forMs: draw.upTo(5000) })],
  [4, reach],
  [7, (draw, names) => ({ kind: 'cut', ...fromTo(draw.pair(names)) })],
  [4, (draw, names) => ({ kind: 'mend', ...fromTo(draw.pair(names)) })],
  [5, () => ({ kind: 'heal' })],
  [6, weather],
  [3, (draw, names) => ({ kind: 'stall', cluster: draw.of(names), forMs: draw.upTo(3500) })],
  [4, (draw, names) => ({ kind: 'crash', cluster: draw.of(names), forMs: draw.upTo(4000) })],
  [3, (draw, names) => ({ ...crash(draw, names), kind: 'crashOnFrame', frames: 1 + draw.upTo(12) })],
  [3, (draw, names) => ({ ...crash(draw, names), kind: 'crashOnWrite', writes: 1 + draw.upTo(4) })],
  [3, (draw, names) => ({ kind: 'restart', cluster: draw.of(names) })],
  [3, (draw, names) => zombie(draw.pair(names))],
  [8, hostile],
  [2, impostor],
  [2, (draw, names) => ({ kind: 'hijack', cluster: draw.of(names), forMs: draw.upTo(4000) })],
  [2, (draw, names) => ({ kind: 'forget', ...atPeer(draw.pair(names)) })],
  [2, (draw, names) => ({ kind: 'confirm', ...atPeer(draw.pair(names)) })],
  [2, (draw, names) => ({ kind: 'evict', cluster: draw.of(names.slice(1)) })],
  [2, (draw, names) => ({ kind: 'leave', cluster: draw.of(names.slice(1)) })],
  [4, (draw, names) => ({ kind: 'rejoin', cluster: draw.of(names.slice(1)) })],
];
const WEIGHT = DEEDS.reduce((sum, [weight]) => sum + weight, 0);

function drawDeed(draw: Draw, names: readonly string[]): Deed {
  let left = draw.upTo(WEIGHT);
  for (const [weight, drawn] of DEEDS) {
    left -= weight;
    if (left < 0) return drawn(draw, names);
  }
  return { kind: 'heal' };
}

function fromTo([from, to]: readonly [string, string]): { from: string; to: string } {
  return { from, to };
}

function atPeer([cluster, peer]: readonly [string, string]): { cluster: string; peer: string } {
  return { cluster, peer };
}

function zombie([cluster, target]: readonly [string, string]): Deed {
  return { kind: 'zombie', cluster, target };
}

function endpoints(draw: Draw, names: readonly string[]): Deed {
  const total = draw.upTo(5);
  return { kind: 'endpoints', ...on(draw, names), ready: draw.upTo(total + 1), total };
}

function policy(draw: Draw, names: readonly string[]): Deed {
  return { kind: 'policy', ...on(draw, names), policy: draw.of(POLICIES), source: draw.of(names) };
}

function reach(draw: Draw, names: readonly string[]): Deed {
  return { kind: 'reach', ...fromTo(draw.pair(names)), open: draw.chance(0.5) };
}

function weather(draw: Draw): Deed {
  const some = (): number => (draw.chance(0.5) ? draw.upTo(25) / 100 : 0);
  const [loss, double, swap, rot] = [some(), some(), some(), draw.chance(0.2) ? 0.2 : 0];
  return { kind: 'weather', loss, double, swap, rot, latencyMs: draw.of([1, 1, 5, 40, 200]) };
}

function crash(draw: Draw, names: readonly string[]): { cluster: string; forMs: number } {
  return { cluster: draw.of(names), forMs: 500 + draw.upTo(4000) };
}

function hostile(draw: Draw, names: readonly string[]): Deed {
  const [target, other] = draw.pair(names);
  return { kind: 'hostile', target, trick: draw.of(TRICKS), other };
}

function impostor(draw: Draw, names: readonly string[]): Deed {
  const [target, as] = draw.pair(names);
  return { kind: 'impostor', target, as, flaw: draw.upTo(FLAWS.length) };
}
