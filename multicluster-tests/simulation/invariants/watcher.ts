/** What an invariant may watch: every frame as it is sent and taken, every start of a controller, every step of a run. */
import type { Lane } from '../../../federation/exchange/testing/virtual-network.ts';
import type { ExchangeFrame } from '../../../mesh/model/exchange-frame.ts';
import type { ClusterName } from '../../../mesh/model/names.ts';
import type { ExchangePeer } from '../../../mesh/ports/exchange-stream.ts';
import type { SimCluster } from '../cluster/sim-cluster.ts';
import type { World } from '../world.ts';

export interface Watcher {
  sent?(frame: ExchangeFrame, lane: Lane): void;
  /** Before the receiver takes it. */
  taken?(frame: ExchangeFrame, lane: Lane): void;
  /** A controller has loaded what was saved; nothing has come to it yet. */
  born?(cluster: SimCluster): void;
  /** An operator of `at` has forgotten a peer. */
  forgot?(at: ClusterName, peer: ClusterName): void;
  /** An operator of `at` confirms a peer's held snapshot: called before. */
  confirmed?(at: ClusterName, peer: ClusterName): void;
  /** TLS has let a stream through. */
  shaken?(dialler: ExchangePeer, answering: ExchangePeer, wanted: ClusterName): void;
  /** A certificate with a flaw was taken. */
  fooled?(at: ClusterName, flaw: string): void;
  /** After each act, and each second of peace. */
  step?(): void;
}

/** Says in words what is wrong. */
export type Report = (invariant: string, words: string) => void;

export type Invariant = (world: World, report: Report) => Watcher;

export function pairOf(at: string, peer: string): string {
  return `${at} ${peer}`;
}

/** Whether any of these is other than when it was last asked under this name: what did not change need not be looked at. */
export function changes(): (name: string, ...parts: readonly unknown[]) => boolean {
  const last = new Map<string, readonly unknown[]>();
  return (name, ...parts) => {
    const before = last.get(name);
    if (before !== undefined && parts.every((part, i) => part === before[i])) return false;
    last.set(name, parts);
    return true;
  };
}
