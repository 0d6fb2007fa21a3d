import { createSeededRandom } from '../../mesh/adapters/random/seeded-random.ts';
import { describe, expect, it } from 'vitest';
import { createManualClock } from '../../mesh/adapters/clock/manual-clock.ts';
import { createVirtualTrust, startVirtualMember, type VirtualMember } from './testing/virtual-member.ts';
import { createMemoryState } from '../../mesh/adapters/files/state-folder.ts';
import { createMemoryLog } from '../../mesh/adapters/log/memory-log.ts';
import { createExchangeManager } from './exchange-manager.ts';
import { createCountingMetrics } from './testing/counting-metrics.ts';
import { createVirtualNetwork } from './testing/virtual-network.ts';
import { createWorld, offerOf, type World } from './testing/virtual-world.ts';

const linkOf = (at: VirtualMember, peer: VirtualMember) => at.exchange().peers().get(peer.cluster)?.link;
const stateOf = (at: VirtualMember, peer: VirtualMember): string | undefined => linkOf(at, peer)?.state;

function pair(): World & { readonly a: VirtualMember; readonly b: VirtualMember } {
  const world = createWorld(['east', 'west']);
  world.clock.advance(2000);
  const [a, b] = world.members as [VirtualMember, VirtualMember];
  return { ...world, a, b };
}

describe('links', () => {
  it('come up, with one stream, though both dial', () => {
    const { network, a, b } = pair();
    expect([stateOf(a, b), stateOf(b, a)]).toEqual(['up', 'up']);
    expect([a.holds(b.cluster), b.holds(a.cluster)]).toEqual([offerOf('west'), offerOf('east')]);
    expect(network.openStreams()).toBe(2);
  });

  it('tell a change within a few milliseconds', () => {
    const { clock, network, a, b } = pair();
    network.latencyMs = 1;
    let told = false;
    b.exchange().subscribe(() => (told = b.holds(a.cluster).includes('new')));
    a.offer([...offerOf('east'), 'new']);
    clock.advance(4);
    expect(told).toBe(true);
  });

  it('go stale, not empty, when nothing is heard for 4 s, also one way only (F21)', () => {
    const { clock, network, a, b } = pair();
    network.cut(a.cluster, b.cluster);
    clock.advance(2000);
    expect(stateOf(b, a)).toBe('up');
    clock.advance(3000);
    expect(stateOf(b, a)).toBe('stale');
    expect(linkOf(b, a)?.note).toBeDefined();
    expect(b.holds(a.cluster)).toEqual(offerOf('east'));
    expect(b.exchange().peers().get(a.cluster)?.info.gateways).toHaveLength(1);
    network.heal();
    clock.advance(31_000);
    expect([stateOf(a, b), stateOf(b, a)]).toEqual(['up', 'up']);
  });

  it('know within 5 s of the heal what was deleted during a partition of a minute (F2)', () => {
    const { clock, network, a, b } = pair();
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const)
      network.cut(from.cluster, to.cluster);
    a.offer(offerOf('east').slice(1));
    clock.advance(60_000);
    expect(b.holds(a.cluster)).toEqual(offerOf('east'));
    network.heal();
    b.restart();
    clock.advance(5000);
    expect(b.holds(a.cluster)).toEqual(offerOf('east').slice(1));
  });

  it('are made again at once when a controller restarts, and its catalog is used all the time', () => {
    const { clock, a, b } = pair();
    a.crash();
    clock.advance(1000);
    expect([stateOf(b, a), b.holds(a.cluster)]).toEqual(['stale', offerOf('east')]);
    a.restart();
    clock.advance(1000);
    expect([stateOf(b, a), b.holds(a.cluster)]).toEqual(['up', offerOf('east')]);
  });

  it('are known after a restart with the peer away: the last good catalog is used (F18, F19)', () => {
    const { clock, a, b } = pair();
    a.crash();
    b.restart();
    clock.advance(60_000);
    expect(b.holds(a.cluster)).toEqual(offerOf('east'));
    expect(stateOf(b, a)).toBe('stale');
    expect(linkOf(b, a)?.note).toContain('no answer');
  });

  it('do not come up with an old copy of a controller, unless an operator forgets the newer one (F20)', () => {
    const { clock, network, a, b } = pair();
    a.restart();
    clock.advance(2000);
    a.crash();
    const copy = startVirtualMember({ cluster: 'east', network, clock, seed: 9 });
    copy.offer(['old']);
    copy.exchange().addMember(b.member);
    clock.advance(10_000);
    expect(b.holds(a.cluster)).toEqual(offerOf('east'));
    expect([stateOf(b, a), linkOf(b, a)?.note]).toEqual([
      'stale',
      expect.stringContaining('isthmus forget east'),
    ]);
    expect(b.metrics.total('isthmus_exchange_refused_total', { reason: 'stale_epoch' })).toBeGreaterThan(0);
    b.exchange().forget(a.cluster);
    clock.advance(60_000);
    expect(b.holds(a.cluster)).toEqual(['old']);
  });

  it('note a clock that is wrong by more than a minute', () => {
    const clock = createManualClock();
    const network = createVirtualNetwork(clock);
    const ahead = { ...clock, now: () => clock.now() + 9 * 60_000 };
    const a = startVirtualMember({ cluster: 'east', network, clock, seed: 1 });
    const b = startVirtualMember({ cluster: 'west', network, clock: ahead, seed: 2 });
    a.exchange().addMember(b.member);
    clock.advance(4000);
    expect([stateOf(a, b), linkOf(a, b)?.note]).toEqual(['up', expect.stringContaining('9 min ahead')]);
    expect(linkOf(b, a)?.note).toContain('9 min behind');
    expect(
      a
        .exchange()
        .faults()
        .map(({ subject }) => subject),
    ).toEqual(['west']);
  });
});

describe('a controller that does not know its own catalog yet', () => {
  it('says nothing: an empty catalog would look like the loss of everything (F3)', () => {
    const { clock, network, a, b } = pair();
    a.crash();
    const dial = network.join({ cluster: a.cluster, membership: 'key-of-east' }, (stream) =>
      empty.acceptStream(stream),
    );
    const trust = createVirtualTrust();
    const empty = createExchangeManager({
      ...{ cluster: a.cluster, allowLoopback: false, trust, dial, clock, random: createSeededRandom(1) },
      ...{ state: createMemoryState(), log: createMemoryLog(), metrics: createCountingMetrics() },
    });
    empty.addMember(b.member);
    empty.start();
    clock.advance(60_000);
    expect([stateOf(b, a), b.holds(a.cluster)]).toEqual(['stale', offerOf('east')]);
    expect([...empty.peers().values()].map(({ link }) => link.state)).toEqual(['connecting']);
  });
});

describe('membership', () => {
  it('ends with eviction, everywhere the bundle gets to, and is not taken up again', () => {
    const world = createWorld(['east', 'north', 'west']);
    world.clock.advance(2000);
    const [east, north, west] = world.members as [VirtualMember, VirtualMember, VirtualMember];
    east.trust.evict({ cluster: west.cluster, fingerprint: 'key-of-west' });
    world.clock.advance(1000);
    for (const one of [east, north]) expect([...one.exchange().peers().keys()]).not.toContain(west.cluster);
    expect(north.trust.bundle().version).toBe(2);
    world.clock.advance(60_000);
    for (const one of [east, north]) expect(one.exchange().peers().has(west.cluster)).toBe(false);
    expect(west.holds(east.cluster)).toEqual(offerOf('east'));
    north.restart();
    expect(north.exchange().peers().has(west.cluster)).toBe(false);
  });

  it('ends with leave, told to all', async () => {
    const world = createWorld(['east', 'north', 'west']);
    world.clock.advance(2000);
    const [east, north, west] = world.members as [VirtualMember, VirtualMember, VirtualMember];
    const leaving = west.exchange().leave();
    world.clock.advance(100);
    expect((await leaving).told).toEqual([east.cluster, north.cluster]);
    world.clock.advance(60_000);
    for (const one of [east, north])
      expect([stateOf(one, west), one.holds(west.cluster)]).toEqual(['left', []]);
  });

  it('is not taken up again by the leaver while it waits for one that is not reached', async () => {
    const world = createWorld(['east', 'north', 'west']);
    world.clock.advance(2000);
    const [east, north, west] = world.members as [VirtualMember, VirtualMember, VirtualMember];
    world.network.cut(west.cluster, north.cluster);
    const leaving = west.exchange().leave();
    world.clock.advance(3000);
    expect(await leaving).toEqual({ told: [east.cluster], notTold: [north.cluster] });
    expect([stateOf(east, west), east.holds(west.cluster)]).toEqual(['left', []]);
  });

  it('names those that were not told', async () => {
    const { clock, network, a, b } = pair();
    network.cut(b.cluster, a.cluster);
    const leaving = b.exchange().leave();
    clock.advance(3000);
    expect(await leaving).toEqual({ told: [], notTold: [a.cluster] });
    expect(a.holds(b.cluster)).toEqual(offerOf('west'));
  });

  it('made anew begins a new history: epochs of the former one mean nothing', () => {
    const { clock, network, a, b } = pair();
    a.restart();
    clock.advance(2000);
    a.crash();
    const membership = 'new-key-of-east';
    const anew = startVirtualMember({ cluster: 'east', network, clock, seed: 9, membership });
    anew.offer([...offerOf('east'), 'new']);
    anew.exchange().addMember(b.member);
    clock.advance(2000);
    expect([stateOf(b, a), b.holds(a.cluster)]).toEqual([
      'up',
      ['east-1', 'east-2', 'east-3', 'east-4', 'east-5', 'east-6', 'new'],
    ]);
  });

  it('is forgotten by an operator, and comes back when the peer does', () => {
    const { clock, a, b } = pair();
    b.crash();
    expect(a.exchange().forget(b.cluster).ok).toBe(true);
    expect(a.exchange().forget(b.cluster).ok).toBe(false);
    clock.advance(60_000);
    expect(a.exchange().peers().size).toBe(0);
    b.restart();
    clock.advance(2000);
    expect(a.holds(b.cluster)).toEqual(offerOf('west'));
  });
});

describe('a held snapshot (F3)', () => {
  it('is held against what was remembered over the own restart too', () => {
    const { clock, a, b } = pair();
    a.crash();
    b.restart();
    a.offer([]);
    a.restart();
    clock.advance(31_000);
    expect([stateOf(b, a), b.holds(a.cluster)]).toEqual(['up', offerOf('east')]);
    expect(
      b
        .exchange()
        .faults()
        .map(({ code }) => code),
    ).toEqual(['snapshot_held']);
  });

  it('is told, leaves routes alone, and takes effect on confirmation', () => {
    const { clock, a, b } = pair();
    a.crash();
    a.offer([]);
    a.restart();
    clock.advance(2000);
    expect(b.holds(a.cluster)).toEqual(offerOf('east'));
    expect(
      b
        .exchange()
        .faults()
        .map(({ code }) => code),
    ).toEqual(['snapshot_held']);
    expect(b.exchange().confirmSnapshot(a.cluster).ok).toBe(true);
    expect([b.holds(a.cluster), b.exchange().faults()]).toEqual([[], []]);
    expect(b.exchange().confirmSnapshot(a.cluster).ok).toBe(false);
  });
});

describe('many at once', () => {
  it('are admitted 20 a second, and all are up within a minute (F5)', () => {
    const names = Array.from({ length: 80 }, (_, i) => `c${i}`);
    const clock = createManualClock();
    const network = createVirtualNetwork(clock);
    const hub = startVirtualMember({ cluster: 'a', network, clock, seed: 7 });
    const spokes = names.map((cluster, i) => startVirtualMember({ cluster, network, clock, seed: i }));
    for (const spoke of spokes) spoke.exchange().addMember(hub.member);
    clock.advance(1000);
    const first = [...hub.exchange().peers().values()].filter(({ link }) => link.state === 'up').length;
    expect(first).toBeLessThanOrEqual(60);
    clock.advance(59_000);
    for (const spoke of spokes) expect(stateOf(hub, spoke)).toBe('up');
  });

  it('slow readers cost no memory: a reader that is paused gets the latest state only (F23)', () => {
    const { clock, network, a, b } = pair();
    network.latencyMs = 500;
    const before = network.sent(a.cluster);
    for (let i = 0; i < 1000; i++) {
      a.offer([...offerOf('east').slice(i % 2), `only-${i % 10}`]);
      clock.advance(1);
    }
    clock.advance(10_000);
    network.latencyMs = 1;
    clock.advance(10_000);
    expect(b.holds(a.cluster)).toEqual([...offerOf('east').slice(1), 'only-9'].sort());
    expect(network.sent(a.cluster) - before).toBeLessThan(500);
  });
});
