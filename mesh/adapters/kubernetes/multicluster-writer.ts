/** Shows the mesh in the API server of its cluster: desired-objects.ts says what, object-writer.ts brings it about. */
import { sameData } from '../../kit/same-data.ts';
import type { MulticlusterState } from '../../model/multicluster.ts';
import type { Clock } from '../../ports/clock.ts';
import type { MulticlusterApi, ShownTrust } from '../../ports/multicluster-api.ts';
import type { ApiObject } from './api-object.ts';
import { derivedId, readClustersetIp, type ClustersetIp } from './clusterset-objects.ts';
import { DESIRED_KINDS, desiredMemory, desiredObjects, type DesiredInput } from './desired-objects.ts';
import { startObjectWriter, type ObjectWriter, type ObjectWriterOptions } from './object-writer.ts';

/** Longer than this nobody waits who leaves the mesh: what is left then is for `uninstall`. */
const WITHDRAW_MS = 10_000;

type WriterOptions = Omit<ObjectWriterOptions, 'kinds' | 'onSeen' | 'onFaults'> &
  Pick<DesiredInput, 'config' | 'configName'>;

export function startMulticlusterWriter(
  options: WriterOptions,
): MulticlusterApi & Pick<ObjectWriter, 'review'> {
  /** By the ids of derived Services. */
  const addresses = new Map<string, ClustersetIp>();
  const [memory, listeners] = [desiredMemory(), new Set<() => void>()];
  let isWithdrawn = false;
  let shown: { readonly state: MulticlusterState; readonly trust: ShownTrust } | undefined;
  const want = (): void => {
    if (shown !== undefined)
      writer.want(desiredObjects(shown.state, { ...options, ...shown.trust, addresses }, memory));
  };
  const tell = (): void => [...listeners].forEach((changed) => changed());
  const writer = startObjectWriter({
    ...{ ...options, kinds: DESIRED_KINDS, onFaults: tell },
    onSeen(id, object) {
      if (!note(addresses, id, object)) return;
      want();
      tell();
    },
  });
  return {
    show(state, trust) {
      if (isWithdrawn) return;
      shown = { state, trust };
      want();
    },
    clustersetIps: (service) => addresses.get(derivedId(service))?.ips ?? [],
    faults: writer.faults,
    subscribe(changed) {
      listeners.add(changed);
      return () => void listeners.delete(changed);
    },
    async withdraw() {
      [isWithdrawn, shown] = [true, undefined];
      await takeAllAway(writer, options.clock);
    },
    ...{ review: writer.review, stop: writer.stop },
  };
}

/** Whether what the API server has given is another than before. */
function note(
  addresses: Map<string, ClustersetIp>,
  ...[id, object]: [string, ApiObject | undefined]
): boolean {
  const address = object && readClustersetIp(object);
  if (sameData(address, addresses.get(id))) return false;
  if (address === undefined) addresses.delete(id);
  else addresses.set(id, address);
  return true;
}

/** Resolves when that is done, or takes too long. */
function takeAllAway(writer: ObjectWriter, clock: Clock): Promise<void> {
  writer.want(new Map());
  return new Promise<void>((resolve) => {
    const cancel = clock.after(WITHDRAW_MS, resolve);
    void writer.settled().then(() => {
      cancel();
      resolve();
    });
  });
}
