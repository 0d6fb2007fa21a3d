/** Addresses of pods that go to other clusters of the same network: whether they are such as may be dialled, and how many. */
import { isDnsLabel } from '../model/names.ts';
import type { PodSlice } from '../model/service.ts';
import { isDialledAddress } from './peer-address.ts';
import type { WrongTrait } from './service-traits.ts';

const MAX_SLICES = 16;
const MAX_PORTS = 64;
/** Of all slices of a service together. */
const MAX_PODS = 1000;
const PROTOCOLS: readonly string[] = ['TCP', 'UDP', 'SCTP'];

/** What of them others would take: the rest is left out. */
export function boundedSlices(slices: readonly PodSlice[]): readonly PodSlice[] {
  let left = MAX_PODS;
  const bounded = slices.slice(0, MAX_SLICES).map(({ ports, pods }) => {
    const kept = pods.filter(({ address }) => isDialledAddress(address)).slice(0, left);
    left -= kept.length;
    return { ports: ports.slice(0, MAX_PORTS), pods: kept };
  });
  return bounded.filter(({ pods }) => pods.length > 0);
}

/** The first thing that is wrong with what a peer states. */
export function wrongPodSlices(slices: readonly PodSlice[]): WrongTrait | undefined {
  if (slices.length > MAX_SLICES) return tooMany('podSlices', slices.length, MAX_SLICES);
  const count = slices.reduce((sum, { pods }) => sum + pods.length, 0);
  if (count > MAX_PODS) return tooMany('podSlices.pods', count, MAX_PODS);
  return slices.map(wrongSlice).find((wrong) => wrong !== undefined);
}

function wrongSlice({ ports, pods }: PodSlice): WrongTrait | undefined {
  if (ports.length > MAX_PORTS) return tooMany('podSlices.ports', ports.length, MAX_PORTS);
  for (const { name, protocol, port } of ports) {
    if (name !== '' && !isDnsLabel(name)) return bad('ports.name', 'must be empty or a DNS label');
    if (!PROTOCOLS.includes(protocol)) return bad('ports.protocol', `must be ${PROTOCOLS.join(', ')}`);
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      return bad('ports.port', `${port} is not a port number`);
  }
  if (new Set(ports.map(({ name }) => name)).size < ports.length) return bad('ports.name', 'stands twice');
  for (const { address, hostname } of pods) {
    if (!isDialledAddress(address)) return bad('pods.address', 'must be an IP address that others can dial');
    if (hostname !== undefined && !isDnsLabel(hostname)) return bad('pods.hostname', 'must be a DNS label');
  }
  return undefined;
}

const bad = (field: string, message: string): WrongTrait => ({
  ...{ kind: 'form', field: `podSlices.${field}`, message },
});
const tooMany = (field: string, count: number, most: number): WrongTrait => ({
  ...{ kind: 'count', field, message: `has ${count} entries, at most ${most} are allowed` },
});
