/** The SPIFFE Workload API for the application of this sidecar, where its command line asks for it. */
import type { Clock } from '../../mesh/ports/clock.ts';
import type { Discovery } from '../../mesh/ports/discovery.ts';
import type { MeshIdentity } from '../../mesh/ports/mesh-identity.ts';
import type { Metrics } from '../../mesh/ports/metrics.ts';

interface WorkloadSocketParts {
  /** Absent: nothing is served. */
  readonly socket: string | undefined;
  /** In a pod, who mounts the socket's volume may open it, under whatever user; elsewhere only this one. */
  readonly inPod: boolean;
  readonly identity: MeshIdentity;
  /** Started: it knows the members. */
  readonly discovery: Discovery;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

/** Returns the way to stop. Loaded only where it is wanted. */
export async function serveWorkloadSocket(parts: WorkloadSocketParts): Promise<() => Promise<void>> {
  const { socket, inPod, identity, discovery, clock, metrics } = parts;
  if (socket === undefined) return () => Promise.resolve();
  const { startWorkloadApi } = await import('../../mesh/adapters/spiffe/workload-api.ts');
  const api = await startWorkloadApi({
    ...{ socket, mode: inPod ? 0o666 : 0o600, identity, metrics, now: clock.now },
    others: () => [...discovery.view().peers.keys()],
    onOthers: (changed) => discovery.subscribe(changed),
  });
  return api.stop;
}
