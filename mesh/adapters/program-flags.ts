/** How Node runs the programs of the mesh. */
export type ProgramName = 'federation' | 'gateway' | 'sidecar' | 'sidecar/plain' | 'dns';

/**
 * Proxies share their cores with what they serve. A collection of the young generation is short, and waiting for helper
 * threads to get a core makes it long; only marking, the long part of a full collection, stays concurrent.
 */
const PROXY_FLAGS = ['--max-semi-space-size=8', '--single-threaded-gc', '--concurrent-marking'];
/** Most of what a controller makes is garbage at once; little of it is held at a time. */
const CONTROLLER_FLAGS = ['--max-semi-space-size=4'];

/** The options of Node and V8 that a program runs with. */
export function programFlags(program: ProgramName): readonly string[] {
  return program === 'federation' ? CONTROLLER_FLAGS : PROXY_FLAGS;
}
