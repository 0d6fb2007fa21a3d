/** The objects that follow from what sources state, wherever those are kept: assembled, counted, told. */
import type { Fault } from '../../model/fault.ts';
import type { ServiceKey } from '../../model/names.ts';
import type { Reading } from '../../model/reading.ts';
import type { PodSlice } from '../../model/service.ts';
import type { ClusterObjects } from '../../ports/resource-store.ts';
import { assembleObjects, type Remembered } from './assemble-objects.ts';
import { withPodPorts } from './pod-ports.ts';
import { shareUnchanged } from './share-unchanged.ts';
import type { SourceContent } from './source-content.ts';
import type { ObjectMemory } from './object-memory.ts';

export interface PublishedObjects {
  snapshot(): ClusterObjects;
  subscribe(changed: () => void): () => void;
  /** Publishes anew: after sources, or a trouble of where they are kept, came or went. */
  publish(): void;
}

export interface PublishedOptions {
  readonly memory: ObjectMemory;
  /** What is wrong with where the sources are kept. */
  readonly troubles: () => readonly Fault[];
  /** Absent: the cluster knows of no pods. */
  readonly pods?: () => PodFacts;
  /** Absent: the sources have no status. */
  readonly readings?: () => ReadonlyMap<string, Reading>;
}

/** What an API server says of pods, beside what its objects state. */
export interface PodFacts {
  /** Of all services. */
  readonly slices: ReadonlyMap<ServiceKey, readonly PodSlice[]>;
  readonly unready: ReadonlySet<string>;
  /** Nobody is told of a change of these alone: they are for what others state. */
  readonly own: ReadonlySet<string>;
}

/** What the sources that are held state together; subscribers hear of it when its content changes. */
export function openPublishedObjects(
  { memory, troubles, pods, readings }: PublishedOptions,
  held: ReadonlyMap<string, { readonly content: SourceContent }>,
): PublishedObjects {
  const listeners = new Set<() => void>();
  let remembered: ReadonlyMap<string, Remembered> = new Map();
  let objects = emptyObjects();
  let isFirst = true;
  return {
    snapshot: () => objects,
    subscribe(changed) {
      listeners.add(changed);
      return () => void listeners.delete(changed);
    },
    publish() {
      const sources = new Map([...held].sort(byName).map(([name, { content }]) => [name, content]));
      const assembly = assembleObjects({
        sources,
        remembered,
        createdAt: memory.createdAt,
        counted: memory.counted,
      });
      remembered = assembly.remembered;
      const unkept = memory.keep(assembly.objects);
      const faults = [...troubles(), ...(unkept === undefined ? [] : [unkept]), ...assembly.objects.faults];
      const facts = pods?.();
      const { version, ownAddresses: _own, ...before } = objects;
      const next = {
        ...{ ...assembly.objects, faults },
        ...(facts && shownPods(facts, assembly.objects)),
        ...(readings && { readings: readings() }),
      };
      const shared = shareUnchanged(before, next);
      const isNew = isFirst || shared !== before;
      isFirst = false;
      objects = { version: version + (isNew ? 1 : 0), ...shared, ...(facts && { ownAddresses: facts.own }) };
      if (isNew) for (const listener of listeners) listener();
    },
  };
}

/** Of the pods of services that are not exported nobody asks. */
function shownPods(
  { slices, unready }: PodFacts,
  { exports, services }: Pick<ClusterObjects, 'exports' | 'services'>,
): Pick<ClusterObjects, 'services' | 'podSlices' | 'unreadyAddresses'> {
  return {
    services: withPodPorts(services, slices),
    podSlices: new Map([...slices].filter(([service]) => exports.has(service))),
    unreadyAddresses: unready,
  };
}

/** The order in which the first of two manifests wins; of code units, so that it is the same everywhere. */
function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function emptyObjects(): ClusterObjects {
  const maps = { services: new Map(), endpoints: new Map(), exports: new Map(), failover: new Map() };
  return { version: 0, namespaces: new Set(), ...maps, access: [], faults: [] };
}
