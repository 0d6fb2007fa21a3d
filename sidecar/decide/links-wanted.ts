/** How many links a sidecar keeps to the endpoints behind a gateway, which picks one of them for each connection. */
import { MAX_STREAMS } from './stream-frames.ts';

/** It picks by two random choices, and each gateway from its own count: fewer would leave out some of a few endpoints. */
const LINKS_PER_ENDPOINT = 4;
/** Links that carry fewer streams each put little together; up to here, spreading them matters more. */
const STREAMS_PER_LINK = 4;
const WELL_SPREAD = 16;

/** `endpoints`: behind the gateway, 0 where unknown; 1 without one. `streams`: that are to be carried. */
export function linksWanted(endpoints: number, streams: number): number {
  const together = Math.max(WELL_SPREAD, Math.ceil(streams / STREAMS_PER_LINK));
  return Math.min(mostLinks(endpoints, streams), streams, together);
}

/** More are of no use. Where streams are few for a while, those that are there stay for when there are many again. */
export function mostLinks(endpoints: number, streams: number): number {
  return Math.max(endpoints < 2 ? 1 : LINKS_PER_ENDPOINT * endpoints, Math.ceil(streams / MAX_STREAMS));
}
