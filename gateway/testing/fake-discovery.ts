/** Discovery without a controller: the test publishes views and reads what was registered. */
import type { MeshView } from '../../mesh/model/mesh-view.ts';
import type { Discovery, Registration } from '../../mesh/ports/discovery.ts';

export interface FakeDiscovery extends Discovery {
  publish(view: MeshView): void;
  readonly registrations: Registration[];
}

export function fakeDiscovery(first: MeshView): FakeDiscovery {
  let current = first;
  const subscribers = new Set<(view: MeshView) => void>();
  const registrations: Registration[] = [];
  return {
    registrations,
    start: () => Promise.resolve(current),
    view: () => current,
    subscribe: (changed) => {
      subscribers.add(changed);
      return () => void subscribers.delete(changed);
    },
    register: (registration) => void registrations.push(registration),
    report: () => undefined,
    connected: () => true,
    stop: () => Promise.resolve(),
    publish: (view) => {
      current = view;
      for (const changed of subscribers) changed(view);
    },
  };
}
