/** I4: what has been applied of a peer's catalog never goes back: not on a stream, and not behind what was saved. */
import type { Position } from '../../../mesh/model/exchange-frame.ts';
import type { ClusterName } from '../../../mesh/model/names.ts';
import { pairOf, type Invariant } from './watcher.ts';

export interface AppliedLog {
  /** The last position that `at` has confirmed to a membership, or has loaded. */
  last(at: string, membership: string): Position | undefined;
  note(at: string, membership: string, position: Position): void;
  /** All of one cluster, or what it holds of one membership. */
  clear(at: string, membership?: string): void;
}

export function createAppliedLog(): AppliedLog {
  const applied = new Map<string, Position>();
  return {
    last: (at, membership) => applied.get(pairOf(at, membership)),
    note: (at, membership, position) => void applied.set(pairOf(at, membership), position),
    clear(at, membership) {
      for (const pair of applied.keys())
        if (pair === pairOf(at, membership ?? '') || (membership === undefined && pair.startsWith(`${at} `)))
          applied.delete(pair);
    },
  };
}

function isBefore(a: Position, b: Position): boolean {
  return a.epoch < b.epoch || (a.epoch === b.epoch && a.version < b.version);
}

interface Saved {
  readonly cluster: ClusterName;
  readonly membership?: string;
  readonly seen: Position;
}

export const versions: Invariant = (world, report) => {
  const applied = createAppliedLog();
  return {
    sent(frame, lane) {
      if (frame.kind !== 'ack') return;
      const [at, membership] = [lane.from, lane.back.sender.membership];
      const before = applied.last(at, membership);
      if (before !== undefined && isBefore(frame.position, before))
        report('I4', `${at} went back from ${show(before)} to ${show(frame.position)} of ${lane.to}`);
      applied.note(at, membership, frame.position);
    },
    born({ name, disk }) {
      applied.clear(name);
      for (const file of disk.list().filter((entry) => entry.startsWith('peer-'))) {
        const { membership, seen } = JSON.parse(disk.read(file) ?? '{}') as Saved;
        if (membership !== undefined) applied.note(name, membership, seen);
      }
    },
    forgot(at, peer) {
      for (const membership of world.members.all(peer)) applied.clear(at, membership);
    },
  };
};

function show({ epoch, version }: Position): string {
  return `${epoch}.${version}`;
}
