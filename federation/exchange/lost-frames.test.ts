import { describe, expect, it } from 'vitest';
import { catalogOf } from './testing/catalogs.ts';
import type { VirtualMember } from './testing/virtual-member.ts';
import { createWorld, offerOf, type World } from './testing/virtual-world.ts';

const MOVED = { host: '192.0.2.77', port: 15443, zone: 'eu-2' };
const move = ({ cluster, exchange }: VirtualMember): void =>
  exchange().publish(catalogOf({ cluster, gateways: [MOVED], services: offerOf(cluster) }));
const gatewaysOf = (at: VirtualMember, peer: VirtualMember) =>
  at.exchange().peers().get(peer.cluster)?.info.gateways;

interface Pair extends World {
  readonly a: VirtualMember;
  readonly b: VirtualMember;
}

function pair(untilMs: number): Pair {
  const world = createWorld(['east', 'west']);
  world.clock.advance(untilMs);
  const [a, b] = world.members as [VirtualMember, VirtualMember];
  return { ...world, a, b };
}

/** Loses the frames of this kind for as long as it is asked to. */
function lose({ network }: World, kind: string): () => void {
  let lost = false;
  network.tap = { sent: (frame) => void (lost = frame.kind === kind), taken: () => undefined };
  network.fate = () => (lost ? 'drop' : 'deliver');
  network.latencyMs = 0;
  return () => (network.fate = () => 'deliver');
}

describe('what a cluster says of itself', () => {
  it('is told too when it changes after its Hello and before the Hello of the peer', () => {
    const { a, b } = pairMovedWhileOpening();
    expect(gatewaysOf(b, a)).toEqual([MOVED]);
  });

  it('is told again within 5 s when it was lost', () => {
    const world = pair(2000);
    const { clock, a, b } = world;
    const stop = lose(world, 'describe');
    move(a);
    clock.advance(5);
    expect(gatewaysOf(b, a)).not.toEqual([MOVED]);
    stop();
    clock.advance(6000);
    expect(gatewaysOf(b, a)).toEqual([MOVED]);
  });

  it('wakes nobody when it says nothing new', () => {
    const { clock, b } = pair(2000);
    clock.advance(10_000);
    let woken = 0;
    b.exchange().subscribe(() => woken++);
    clock.advance(20_000);
    expect(woken).toBe(0);
  });
});

/** East changes its gateway when its stream with west is open on both sides and no Hello has been taken. */
function pairMovedWhileOpening(): Pair {
  const world = pair(0);
  const { clock, network, a } = world;
  let opened = false;
  network.latencyMs = 20;
  network.tap = {
    taken: () => undefined,
    sent(frame, { from }) {
      if (frame.kind !== 'hello' || from !== a.cluster || opened) return;
      opened = true;
      clock.after(1, () => move(a));
    },
  };
  // Less than the 5 s after which it would be told again.
  clock.advance(3000);
  network.tap = undefined;
  return world;
}

describe('a trust bundle', () => {
  it('is told again within 5 s when it was lost', () => {
    const world = pair(2000);
    const { clock, a, b } = world;
    const stop = lose(world, 'bundle');
    a.trust.evict({ cluster: 'south' as never, fingerprint: 'key-of-south' });
    clock.advance(5);
    expect(b.trust.bundle().version).toBe(1);
    stop();
    clock.advance(6000);
    expect(b.trust.bundle().version).toBe(2);
  });
});
