/**
 * The proxies of a cluster on virtual pipes to their controller: what is sent and how it is put together are the
 * discovery server's and the proxies' own rules. While the controller is away the last view stays in force.
 */
import type { ControllerCore } from '../../../federation/controller-core.ts';
import type { ProxyRegistration } from '../../../federation/decide/registrations.ts';
import { openSubscriber } from '../../../federation/discovery/subscriber.ts';
import { NOTHING_GATHERED, takeUpdate, type Gathered } from '../../../mesh/adapters/discovery/held-view.ts';
import type { Identity } from '../../../mesh/model/identity.ts';
import type { MeshView } from '../../../mesh/model/mesh-view.ts';
import type { Clock } from '../../../mesh/ports/clock.ts';
import { openSimBundle } from './authority.ts';

export interface SimProxy {
  /** Undefined before the first one has come. */
  view(): MeshView | undefined;
  /** Since when it has been connected, on the world's clock. */
  connectedSince(): number | undefined;
  register(registration: ProxyRegistration): void;
  connect(core: ControllerCore): void;
  /** `told`: the controller learns of it. */
  disconnect(told: boolean): void;
}

export interface SimProxyOptions {
  readonly clock: Clock;
  readonly identity: Identity;
  readonly registration: ProxyRegistration;
  readonly onView: (view: MeshView) => void;
}

const PIPE_MS = 1;
let streams = 0;

export function createSimProxy(options: SimProxyOptions): SimProxy {
  let { registration } = options;
  let gathered: Gathered = NOTHING_GATHERED;
  let view: MeshView | undefined;
  let line: Line | undefined;
  const take = (update: Parameters<typeof takeUpdate>[1]): void => {
    const taken = takeUpdate(gathered, update, openSimBundle);
    gathered = taken.gathered;
    if (taken.faults.length > 0) throw new Error(`a proxy refused its view: ${taken.faults[0]!.message}`);
    if (taken.view === undefined) return;
    view = taken.view;
    options.onView(view);
  };
  return {
    view: () => view,
    connectedSince: () => line?.since,
    register(next) {
      registration = next;
      line?.register(registration);
    },
    connect(core) {
      line?.close(true);
      line = openLine(core, options, take);
      line.register(registration);
    },
    disconnect(told) {
      line?.close(told);
      line = undefined;
    },
  };
}

interface Line {
  readonly since: number;
  register(registration: ProxyRegistration): void;
  close(told: boolean): void;
}

function openLine(
  { publication, registry }: ControllerCore,
  { clock, identity }: SimProxyOptions,
  take: (update: Parameters<typeof takeUpdate>[1]) => void,
): Line {
  const stream = ++streams;
  let open = true;
  const subscriber = openSubscriber(publication.view, ({ body }, sent) => {
    clock.after(PIPE_MS, () => {
      if (!open) return;
      if (body?.$case === 'update') take(body.value);
      sent();
    });
  });
  const unsubscribe = publication.subscribe(subscriber.changed);
  return {
    since: clock.monotonic(),
    register(registration) {
      const address = registration.kind === 'sidecar' ? registration.address : '';
      const taken = registry.register(stream, registration, { identity, address });
      if (!taken.ok) throw new Error(`a registration was refused: ${taken.error.message}`);
    },
    close(told) {
      open = false;
      subscriber.close();
      unsubscribe();
      if (told) registry.withdraw(stream);
    },
  };
}
