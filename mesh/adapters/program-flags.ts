/** How Node runs the programs of the mesh. */
export type ProgramName = 'federation' | 'gateway' | 'sidecar' | 'sidecar/plain' | 'dns';

/**
 * Proxies share their cores with what they serve. A collection of the young generation is short, and waiting for helper
 * threads to get a core makes it long; only marking, the long part of a full collection, stays concurrent.
 */
const PROXY_FLAGS = ['--single-threaded-gc', '--concurrent-marking'];

/**
 * V8 has two halves of this many MiB, once it had a use for them; the smaller, the more often it collects. Most of what a
 * controller makes is garbage at once; little of it is held at a time.
 */
const YOUNG_GENERATION = '--max-semi-space-size=8';
const SMALL_YOUNG_GENERATION = '--max-semi-space-size=4';

/** The options of Node and V8 that a program runs with. */
export function programFlags(program: ProgramName, place: 'host' | 'pod' = 'host'): readonly string[] {
  if (program === 'federation') return [SMALL_YOUNG_GENERATION];
  // What a sidecar in a pod weighs is paid for once in each pod, and it carries what one pod does (docs/decisions/0005).
  if (program === 'sidecar' && place === 'pod') return [SMALL_YOUNG_GENERATION, ...PROXY_FLAGS];
  return [YOUNG_GENERATION, ...PROXY_FLAGS];
}
