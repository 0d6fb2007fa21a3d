import { describe, expect, it } from 'vitest';
import { createManualClock } from '../../mesh/adapters/clock/manual-clock.ts';
import { err, ok } from '../../mesh/kit/result.ts';
import { fault } from '../../mesh/model/fault.ts';
import type { ExchangeFrame } from '../../mesh/model/exchange-frame.ts';
import type { ClusterName } from '../../mesh/model/names.ts';
import type { ExchangeStream } from '../../mesh/ports/exchange-stream.ts';
import { startVirtualMember, type VirtualMember } from './testing/virtual-member.ts';
import { createVirtualNetwork } from './testing/virtual-network.ts';
import { createWorld, offerOf } from './testing/virtual-world.ts';

const SOUTH = 'south' as ClusterName;
const GATEWAY = { host: '203.0.113.66', port: 15443, zone: 'z' };
const EVICTED = { cluster: SOUTH, fingerprint: 'key-of-south' };

const info = {
  cluster: SOUTH,
  region: 'eu',
  zone: 'eu-1',
  network: 'south',
  gateways: [GATEWAY],
  version: '1',
};
const hello: ExchangeFrame = {
  ...{ kind: 'hello', protocol: 1, position: { epoch: 1, version: 1 }, info, bundleVersion: 1 },
};

function lonelyEast() {
  const clock = createManualClock();
  const network = createVirtualNetwork(clock);
  const east = startVirtualMember({ cluster: 'east', network, clock, seed: 1 });
  east.offer(offerOf('east'));
  return { clock, network, east };
}

describe('a member that is evicted', () => {
  it('is not heard on a stream that it opened before and on which it says Hello after', () => {
    const { clock, network, east } = lonelyEast();
    let stream: ExchangeStream | undefined;
    network.dialAs({ cluster: SOUTH, membership: EVICTED.fingerprint })(
      { cluster: east.cluster, gateway: GATEWAY },
      (result) => (stream = result.ok ? result.value : undefined),
    );
    clock.advance(10);
    expect(east.exchange().peers().has(SOUTH)).toBe(true);
    east.trust.evict(EVICTED);
    stream?.send(hello);
    clock.advance(2000);
    expect(east.exchange().peers().has(SOUTH)).toBe(false);
    expect(network.openStreams()).toBe(0);
  });

  it('is forgotten too where it was never met, and only its name was told', () => {
    const { clock, network, east } = lonelyEast();
    east.exchange().addMember({ cluster: SOUTH, gateways: [GATEWAY] });
    clock.advance(1000);
    east.trust.evict(EVICTED);
    const dials = network.dials();
    clock.advance(60_000);
    expect(east.exchange().peers().has(SOUTH)).toBe(false);
    expect(network.dials()).toBe(dials);
  });

  it('takes nothing from another whose address it has come to stand at', () => {
    const world = createWorld(['east', 'west']);
    const { clock, network } = world;
    const [east, west] = world.members as [VirtualMember, VirtualMember];
    clock.advance(2000);
    west.crash();
    network.handshake = () => err(fault('cluster_evicted', SOUTH, 'was withdrawn from mesh acme'));
    clock.advance(60_000);
    expect(east.holds(west.cluster)).toEqual(offerOf('west'));
    network.handshake = (...ends) => ok([ends[0], ends[1]]);
    west.restart();
    clock.advance(31_000);
    expect(east.exchange().peers().get(west.cluster)?.link.state).toBe('up');
  });
});

describe('a member that comes back under a new membership', () => {
  it('is told of at once, without a detour over what the former one had said', () => {
    const world = createWorld(['east', 'west']);
    const { clock, network } = world;
    const [east, west] = world.members as [VirtualMember, VirtualMember];
    clock.advance(2000);
    east.crash();
    const anew = startVirtualMember({
      cluster: 'east',
      network,
      clock,
      seed: 9,
      membership: 'new-key-of-east',
    });
    anew.offer([...offerOf('east'), 'a', 'b']);
    anew.exchange().addMember(west.member);
    clock.advance(1500);
    expect(west.holds(anew.cluster)).toEqual(['a', 'b', ...offerOf('east')]);
    expect(west.metrics.total('isthmus_exchange_resyncs_total')).toBe(0);
  });
});
