import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Random } from '../../mesh/ports/random.ts';
import { createSeededRandom } from '../../mesh/adapters/random/seeded-random.ts';
import type { VirtualMember } from './testing/virtual-member.ts';
import { createWorld, offerOf, type World } from './testing/virtual-world.ts';

const FATES = ['deliver', 'deliver', 'deliver', 'deliver', 'drop', 'duplicate', 'swap'] as const;

/** One seed, one run: faults for a while, then peace. */
class Run {
  readonly wrong: string[] = [];
  readonly #world: World;
  readonly #random: Random;
  readonly #offers = new Map<string, readonly string[]>();
  readonly #everOffered = new Set<string>();

  constructor(seed: number) {
    this.#random = createSeededRandom(seed);
    this.#world = createWorld(['a', 'b', 'c'].slice(0, this.#chance(0.5) ? 2 : 3), seed);
    this.#world.network.fate = () => this.#pick(FATES);
    for (const { cluster } of this.#world.members) this.#note(cluster, offerOf(cluster));
  }

  faults(): void {
    for (let step = 0; step < 40; step++) {
      this.#act(step);
      this.#world.clock.advance(Math.floor(this.#random.next() * 3000));
      for (const at of this.#world.members) this.#checkOrigins(at);
    }
  }

  peace(): void {
    const { clock, network, members } = this.#world;
    network.fate = () => 'deliver';
    network.heal();
    clock.advance(30_000);
    for (const at of members) for (const peer of members) if (at !== peer) this.#checkAgreement(at, peer);
    const ends = members.length * (members.length - 1);
    if (network.openStreams() !== ends)
      this.wrong.push(`${network.openStreams()} ends of streams, not ${ends} (L2)`);
    const dials = network.dials();
    clock.advance(60_000);
    if (network.dials() !== dials) this.wrong.push(`${network.dials() - dials} dials in peace (L3)`);
  }

  #act(step: number): void {
    const { network, members } = this.#world;
    const one = this.#pick(members);
    const other = this.#pick(members.filter((member) => member !== one));
    const act = this.#random.next();
    if (act < 0.5) this.#change(one, step);
    else if (act < 0.65) network.cut(one.cluster, other.cluster);
    else if (act < 0.8) network.heal();
    else if (act < 0.9) one.restart();
  }

  #change(one: VirtualMember, step: number): void {
    const offer = [...offerOf(one.cluster).filter(() => this.#chance(0.7)), `${one.cluster}-x${step}`];
    this.#note(one.cluster, offer);
    one.offer(offer);
  }

  #note(cluster: string, offer: readonly string[]): void {
    this.#offers.set(cluster, offer);
    for (const name of offer) this.#everOffered.add(`${cluster} shop/${name}`);
  }

  #checkOrigins(at: VirtualMember): void {
    const held = [...at.exchange().peers()].flatMap(([peer, { services }]) =>
      [...services.keys()].map((key) => `${peer} ${key}`),
    );
    for (const one of held)
      if (!this.#everOffered.has(one))
        this.wrong.push(`${at.cluster} holds what was never said: ${one} (I1)`);
  }

  #checkAgreement(at: VirtualMember, peer: VirtualMember): void {
    at.exchange().confirmSnapshot(peer.cluster);
    const held = at.holds(peer.cluster).join();
    const offered = [...(this.#offers.get(peer.cluster) ?? [])].sort().join();
    const state = at.exchange().peers().get(peer.cluster)?.link.state ?? 'unknown';
    if (held !== offered)
      this.wrong.push(`${at.cluster} holds ${held} of ${peer.cluster}, not ${offered} (L1)`);
    if (state !== 'up') this.wrong.push(`${at.cluster} has ${peer.cluster} ${state} (L4)`);
  }

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random.next() * items.length)]!;
  }

  #chance(share: number): boolean {
    return this.#random.next() < share;
  }
}

describe('in simulation', () => {
  it('two or three members agree within 30 s after any faults, and never hold what was not said (I1, L1-L4)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
        const run = new Run(seed);
        run.faults();
        run.peace();
        expect(run.wrong).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
});
