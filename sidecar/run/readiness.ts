/** Tells when the application starts and stops accepting connections on its port. */
import type { Clock } from '../../mesh/ports/clock.ts';
import { acceptsConnections } from './application.ts';

const STARTING_MS = 50;
/** An application that runs is looked at rarely: its end is told by its process. */
const RUNNING_MS = 2_000;
const TIMEOUT_MS = 1_000;
/** Failures in a row until a running application is not ready: one may be a full backlog. */
const FAILURES = 3;

/** Calls `changed` with every change, first with true; the returned function ends it. */
export function watchReadiness(clock: Clock, port: number, changed: (ready: boolean) => void): () => void {
  let ready = false;
  let failures = 0;
  let stopped = false;
  let cancel = (): void => undefined;
  const look = async (): Promise<void> => {
    const accepts = await acceptsConnections(port, TIMEOUT_MS);
    if (stopped) return;
    failures = accepts ? 0 : failures + 1;
    const now = accepts || (ready && failures < FAILURES);
    if (now !== ready) changed((ready = now));
    cancel = clock.after(ready && failures === 0 ? RUNNING_MS : STARTING_MS, () => void look());
  };
  void look();
  return () => {
    stopped = true;
    cancel();
  };
}
