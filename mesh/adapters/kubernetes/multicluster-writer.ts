/** Shows the mesh in the API server of its cluster: desired-objects.ts says what, object-writer.ts brings it about. */
import { sameData } from '../../kit/same-data.ts';
import type { MulticlusterState } from '../../model/multicluster.ts';
import type { Clock } from '../../ports/clock.ts';
import type { MulticlusterApi, ShownTrust } from '../../ports/multicluster-api.ts';
import { readClustersetIp, type ClustersetIp } from './clusterset-objects.ts';
import { DESIRED_KINDS, desiredObjects, type DesiredInput } from './desired-objects.ts';
import { startObjectWriter, type ObjectWriter, type ObjectWriterOptions } from './object-writer.ts';

/** Longer than this nobody waits who leaves the mesh: what is left then is for `uninstall`. */
const WITHDRAW_MS = 10_000;

type WriterOptions = Omit<ObjectWriterOptions, 'kinds' | 'onSeen'> &
  Pick<DesiredInput, 'config' | 'configName'>;

export function startMulticlusterWriter(
  options: WriterOptions,
): MulticlusterApi & Pick<ObjectWriter, 'review'> {
  const { clock } = options;
  /** By the ids of derived Services. */
  const addresses = new Map<string, ClustersetIp>();
  let isWithdrawn = false;
  let shown: { readonly state: MulticlusterState; readonly trust: ShownTrust } | undefined;
  const want = (): void => {
    if (shown !== undefined)
      writer.want(desiredObjects(shown.state, { ...options, ...shown.trust, addresses }));
  };
  const writer = startObjectWriter({
    ...{ ...options, kinds: DESIRED_KINDS },
    onSeen(id, object) {
      const address = object && readClustersetIp(object);
      if (sameData(address, addresses.get(id))) return;
      if (address === undefined) addresses.delete(id);
      else addresses.set(id, address);
      want();
    },
  });
  return {
    show(state, trust) {
      if (isWithdrawn) return;
      shown = { state, trust };
      want();
    },
    async withdraw() {
      isWithdrawn = true;
      shown = undefined;
      writer.want(new Map());
      await settledSoon(writer, clock);
    },
    ...{ review: writer.review, stop: writer.stop },
  };
}

function settledSoon(writer: ObjectWriter, clock: Clock): Promise<void> {
  return new Promise<void>((resolve) => {
    const cancel = clock.after(WITHDRAW_MS, resolve);
    void writer.settled().then(() => {
      cancel();
      resolve();
    });
  });
}
