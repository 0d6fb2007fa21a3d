/** Reads the frames of one direction of a stream: which services a complete snapshot has named. */
import type { ExchangeFrame } from '../../../mesh/model/exchange-frame.ts';

export interface SnapshotReader {
  /** The names of the snapshot that this frame completes. */
  read(frame: ExchangeFrame): ReadonlySet<string> | undefined;
}

interface Snapshot {
  readonly version: number;
  readonly count: number;
  readonly names: Set<string>;
  last: number;
}

export function readSnapshot(): SnapshotReader {
  let begun: Snapshot | undefined;
  return {
    read(frame) {
      if (frame.kind === 'snapshotBegin')
        begun = { version: frame.position.version, count: frame.count, names: new Set(), last: 0 };
      if (begun === undefined) return undefined;
      if (frame.kind === 'upsert' && frame.version > begun.last) {
        if (frame.after !== begun.last || frame.version > begun.version) begun = undefined;
        else {
          begun.last = frame.version;
          begun.names.add(`${frame.service.namespace}/${frame.service.name}`);
        }
        return undefined;
      }
      if (frame.kind !== 'snapshotComplete') return undefined;
      const { version, count, names } = begun;
      begun = undefined;
      return frame.version === version && frame.count === count && names.size === count ? names : undefined;
    },
  };
}
