/** Fingerprints of catalog entries, and of whole catalogs: equal on both sides when the copies are. Not for secrets. */
import type { StatedService } from '../../mesh/model/exchange-frame.ts';
import type { Labels } from '../../mesh/model/service.ts';

/** 64 bits in two halves; the digest of a set is the exclusive or over its entries, whatever their order. */
export interface Digest {
  readonly high: number;
  readonly low: number;
}

export const EMPTY_DIGEST: Digest = { high: 0, low: 0 };

/** Adds the entry to the digest, or takes it out. */
export function toggle(digest: Digest, entry: Digest): Digest {
  return { high: (digest.high ^ entry.high) >>> 0, low: (digest.low ^ entry.low) >>> 0 };
}

/** 16 lower-case hex digits. */
export function formatDigest({ high, low }: Digest): string {
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}

/** The one text of an entry: field names left out, order fixed. */
export function canonicalText(service: StatedService): string {
  const {
    namespace,
    name,
    exportedAt,
    ports,
    zones,
    serviceAccounts,
    traits,
    plain,
    podSlices = [],
    sidecar,
  } = service;
  return JSON.stringify([
    ...[namespace, name, exportedAt],
    ports.map((port) => [port.name, port.port, port.appProtocol, port.routeId]),
    zones.map((zone) => [zone.region, zone.zone, zone.ready, zone.total]),
    ...[serviceAccounts, plain],
    traits && [
      ...[traits.type, traits.sessionAffinity, traits.affinitySeconds, traits.internalTrafficPolicy],
      ...[traits.trafficDistribution, traits.ipFamilies],
      traits.ports.map((port) => [port.name, port.protocol, port.port, port.appProtocol]),
    ],
    sorted(service.labels),
    sorted(service.annotations),
    podSlices.map((slice) => [
      slice.ports.map((port) => [port.name, port.protocol, port.port]),
      slice.pods.map((pod) => [pod.address, pod.hostname, pod.ready]),
    ]),
    ...(sidecar === undefined ? [] : [[sidecar.address, sidecar.port]]),
  ]);
}

function sorted(map: Labels = {}): readonly (readonly [string, string])[] {
  return Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Two FNV-1a passes with different starts, each finished with MurmurHash3's mixer. */
export function digestText(text: string): Digest {
  let [high, low] = [0x811c9dc5, 0x9e3779b9];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    high = Math.imul(high ^ code, 0x01000193);
    low = Math.imul(low ^ code, 0x5bd1e995);
  }
  return { high: mix(high), low: mix(low) };
}

function mix(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
