/** A ResourceStore whose manifest files are in memory; what follows from them is decided by the standalone adapter. */
import type { SourceContent } from '../../../mesh/adapters/objects/source-content.ts';
import { openObjectMemory } from '../../../mesh/adapters/objects/object-memory.ts';
import { openPublishedObjects } from '../../../mesh/adapters/objects/published-objects.ts';
import { err } from '../../../mesh/kit/result.ts';
import { fault } from '../../../mesh/model/fault.ts';
import type { Clock } from '../../../mesh/ports/clock.ts';
import type { ResourceStore } from '../../../mesh/ports/resource-store.ts';
import type { StateStore } from '../../../mesh/ports/state-store.ts';

export interface MemoryObjects extends ResourceStore {
  /** Files have changed. */
  changed(): void;
}

const byHand = err(fault('unavailable', 'export', 'operators of the simulation write manifests'));

export function openMemoryObjects(
  files: ReadonlyMap<string, { readonly content: SourceContent }>,
  { state, clock }: { readonly state: StateStore; readonly clock: Clock },
): MemoryObjects {
  const kept = {
    ...{ name: 'objects', read: () => state.read('objects') ?? '' },
    write: (text: string) => state.write('objects', text),
  };
  const memory = openObjectMemory(kept, clock);
  const published = openPublishedObjects({ memory, troubles: () => [] }, files);
  published.publish();
  return {
    ...published,
    ...{ changed: published.publish, start: () => Promise.resolve(), stop: () => Promise.resolve() },
    ...{ applyExport: () => Promise.resolve(byHand), removeExport: () => Promise.resolve(byHand) },
  };
}
