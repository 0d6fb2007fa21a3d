/** Members on one virtual network, one manual clock, one seed. */
import { createManualClock, type ManualClock } from '../../../mesh/adapters/clock/manual-clock.ts';
import { startVirtualMember, type VirtualMember } from './virtual-member.ts';
import { createVirtualNetwork, type VirtualNetwork } from './virtual-network.ts';

export interface World {
  readonly clock: ManualClock;
  readonly network: VirtualNetwork;
  readonly members: readonly VirtualMember[];
}

/** Members that know each other, dial each other, and offer `<cluster>-1` to `<cluster>-6`. */
export function createWorld(names: readonly string[], seed = 1): World {
  const clock = createManualClock();
  const network = createVirtualNetwork(clock);
  const members = names.map((cluster, i) =>
    startVirtualMember({ cluster, network, clock, seed: seed * 31 + i }),
  );
  for (const one of members) {
    one.offer(offerOf(one.cluster));
    for (const other of members) if (other !== one) one.exchange().addMember(other.member);
  }
  return { clock, network, members };
}

export function offerOf(cluster: string): readonly string[] {
  return [1, 2, 3, 4, 5, 6].map((i) => `${cluster}-${i}`);
}
