/** What is compared: each contender opens the same four topologies as real processes, one worker each. */
import type { Processes } from '../processes.ts';
import type { BenchTrust } from './trust.ts';

/**
 * `gateway`: TCP by server name to one backend. `hop`: plain HTTP/1.1 to the application. `pair`: plain HTTP in, mTLS
 * between two proxies, the application behind the second. `path`: the pair with the contender's own gateway between.
 */
export type Topology = 'gateway' | 'hop' | 'pair' | 'path';

export const CONTENDERS = ['isthmus', 'nginx', 'haproxy', 'envoy'] as const;
/** `node` is no peer: see bare-node.ts. */
export type ContenderName = (typeof CONTENDERS)[number] | 'node';

export interface Site {
  readonly processes: Processes;
  readonly trust: BenchTrust;
}

export interface Opened {
  /** Where clients connect. */
  readonly port: number;
  /** The proxies: what is counted as their CPU time and memory. */
  readonly pids: readonly number[];
}

export interface Contender {
  readonly name: ContenderName;
  readonly version: string;
  /** `target`: the port of the application, or of the gateway's backend. */
  open(topology: Topology, target: number, site: Site): Promise<Opened>;
}
