/** The zone as it is held in memory: the names of a service are made when they are first asked for after a change. */
import type { Zone } from './decide/answer-question.ts';
import type { ImportedService, ImportedSlice } from './decide/imported.ts';
import { serviceNames, type ServiceNames } from './decide/service-names.ts';

/** Objects of one kind, by an id of the caller. */
export interface Collection<T> {
  /** Undefined: what was there is gone, or of no use any more. */
  put(id: string, object: T | undefined): void;
  /** Others that were there are gone. */
  replace(objects: ReadonlyMap<string, T>): void;
}

export interface ZoneMemory extends Zone {
  readonly imports: Collection<ImportedService>;
  readonly slices: Collection<ImportedSlice>;
}

export function createZoneMemory(): ZoneMemory {
  const services = createServices();
  return {
    hasNamespace: services.hasNamespace,
    service: services.names,
    imports: collection((_id, { namespace, name }, object) => {
      const known = services.at(namespace, name);
      if (object === undefined) delete known.imported;
      else known.imported = object;
      services.settle(namespace, name);
    }),
    slices: collection((id, { namespace, service }, object) => {
      const { slices } = services.at(namespace, service);
      if (object === undefined) slices.delete(id);
      else slices.set(id, object);
      services.settle(namespace, service);
    }),
  };
}

/** `change` is told of each object, with undefined when it goes. */
function collection<T>(change: (id: string, place: T, object: T | undefined) => void): Collection<T> {
  const held = new Map<string, T>();
  const put = (id: string, object: T | undefined): void => {
    const before = held.get(id);
    held.delete(id);
    if (before !== undefined) change(id, before, undefined);
    if (object === undefined) return;
    held.set(id, object);
    change(id, object, object);
  };
  return {
    put,
    replace(objects) {
      for (const id of [...held.keys()]) if (!objects.has(id)) put(id, undefined);
      for (const [id, object] of objects) put(id, object);
    },
  };
}

interface Known {
  imported?: ImportedService;
  readonly slices: Map<string, ImportedSlice>;
  /** As they were made last; absent: not since the last change. */
  names?: { readonly value: ServiceNames | undefined };
}

/** What is known of services, by namespace and name: of no more than there are objects of. */
function createServices() {
  const known = new Map<string, Map<string, Known>>();
  const namesOf = (service: Known): ServiceNames | undefined => {
    const { imported, slices } = service;
    // In the order of their ids, so that all replicas answer alike.
    const ordered = [...slices].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, slice]) => slice);
    service.names ??= { value: imported && serviceNames(imported, ordered) };
    return service.names.value;
  };
  return {
    hasNamespace: (namespace: string) =>
      [...(known.get(namespace)?.values() ?? [])].some((service) => namesOf(service) !== undefined),
    names(namespace: string, name: string): ServiceNames | undefined {
      const service = known.get(namespace)?.get(name);
      return service && namesOf(service);
    },
    at(namespace: string, name: string): Known {
      const ofNamespace = known.get(namespace) ?? new Map<string, Known>();
      const service = ofNamespace.get(name) ?? { slices: new Map<string, ImportedSlice>() };
      known.set(namespace, ofNamespace.set(name, service));
      return service;
    },
    /** After a change. */
    settle(namespace: string, name: string): void {
      const ofNamespace = known.get(namespace);
      const service = ofNamespace?.get(name);
      if (service === undefined) return;
      delete service.names;
      if (service.imported === undefined && service.slices.size === 0) ofNamespace?.delete(name);
      if (ofNamespace?.size === 0) known.delete(namespace);
    },
  };
}
