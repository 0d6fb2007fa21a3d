/** Keeps the zone as the API server has it. While that is away, what is known goes on being answered. */
import type { ApiClient } from '../mesh/adapters/kubernetes/api-client.ts';
import type { ApiObject } from '../mesh/adapters/kubernetes/api-object.ts';
import { startReflector, type ReflectorSink } from '../mesh/adapters/kubernetes/reflector.ts';
import { collectionPath, ENDPOINT_SLICES, SERVICE_IMPORTS } from '../mesh/adapters/kubernetes/resources.ts';
import type { Fault } from '../mesh/model/fault.ts';
import type { Clock } from '../mesh/ports/clock.ts';
import type { Log } from '../mesh/ports/log.ts';
import type { Random } from '../mesh/ports/random.ts';
import { IMPORT_SLICES, readImport, readSlice } from './read-objects.ts';
import type { Collection, ZoneMemory } from './zone-memory.ts';

interface FollowOptions {
  readonly api: Pick<ApiClient, 'request' | 'watch'>;
  readonly zone: ZoneMemory;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface Followed {
  /** Resolves when all of it has been read once. */
  readonly whole: Promise<unknown>;
  /** Why it may be old. */
  trouble(): Fault | undefined;
  stop(): void;
}

export function followZone({ zone, ...options }: FollowOptions): Followed {
  const troubles = new Map<string, Fault>();
  const follow = <T>(
    kind: typeof SERVICE_IMPORTS,
    collection: Collection<T>,
    read: (object: ApiObject) => T | undefined,
  ) => {
    const trouble = (fault: Fault | undefined): void => {
      if (fault === undefined) troubles.delete(kind.kind);
      else troubles.set(kind.kind, fault);
    };
    const sink = sinkOf(collection, read, trouble);
    const query = kind.selector ?? {};
    return startReflector({ ...options, path: collectionPath(kind), query, sink });
  };
  const reflectors = [
    follow(SERVICE_IMPORTS, zone.imports, readImport),
    follow({ ...ENDPOINT_SLICES, selector: IMPORT_SLICES }, zone.slices, readSlice),
  ];
  return {
    whole: Promise.all(reflectors.map(({ synced }) => synced)),
    trouble: () => [...troubles.values()][0],
    stop: () => reflectors.forEach((reflector) => reflector.stop()),
  };
}

function sinkOf<T>(
  collection: Collection<T>,
  read: (object: ApiObject) => T | undefined,
  trouble: ReflectorSink['trouble'],
): ReflectorSink {
  return {
    put: (object) => collection.put(idOf(object), read(object)),
    remove: (object) => collection.put(idOf(object), undefined),
    replace: (objects) =>
      collection.replace(
        new Map(
          objects.flatMap((object) => {
            const found = read(object);
            return found === undefined ? [] : [[idOf(object), found] as const];
          }),
        ),
      ),
    trouble,
  };
}

function idOf({ metadata: { namespace = '', name } }: Pick<ApiObject, 'metadata'>): string {
  return `${namespace}/${name}`;
}
