/** Tells when the application starts and stops accepting connections on its port. */
import type { MeshView } from '../../mesh/model/mesh-view.ts';
import type { ServiceKey } from '../../mesh/model/names.ts';
import type { Clock } from '../../mesh/ports/clock.ts';
import { acceptsConnections } from './application.ts';

const STARTING_MS = 50;
/** An application that runs is looked at rarely: its end is told by its process. */
const RUNNING_MS = 2_000;
/** Until something says on which port it is. */
const UNKNOWN_MS = 500;
const TIMEOUT_MS = 1_000;
/** Failures in a row until a running application is not ready: one may be a full backlog. */
const FAILURES = 3;

/** Calls `changed` with every change, first with true; the returned function ends it. `portOf` is asked each time. */
export function watchReadiness(
  clock: Clock,
  portOf: () => number | undefined,
  changed: (ready: boolean) => void,
): () => void {
  let ready = false;
  let failures = 0;
  let stopped = false;
  let cancel = (): void => undefined;
  const look = async (): Promise<void> => {
    const port = portOf();
    const accepts = port !== undefined && (await acceptsConnections(port, TIMEOUT_MS));
    if (stopped) return;
    failures = accepts ? 0 : failures + 1;
    const now = accepts || (ready && failures < FAILURES);
    if (now !== ready) changed((ready = now));
    const unready = port === undefined ? UNKNOWN_MS : STARTING_MS;
    cancel = clock.after(ready && failures === 0 ? RUNNING_MS : unready, () => void look());
  };
  void look();
  return () => {
    stopped = true;
    cancel();
  };
}

/** Where the pods of a Service listen for its first port, as this cluster says it; undefined: it has no such Service. */
export function firstTarget({ services }: MeshView, service: ServiceKey): number | undefined {
  return services.get(service)?.ports.find(({ remoteOnly }) => remoteOnly !== true)?.targetPort;
}
