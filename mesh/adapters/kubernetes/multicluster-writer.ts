/** Shows the mesh in the API server of its cluster: desired-objects.ts says what, object-writer.ts brings it about. */
import type { MulticlusterApi } from '../../ports/multicluster-api.ts';
import { DESIRED_KINDS, desiredObjects } from './desired-objects.ts';
import { startObjectWriter, type ObjectWriter, type ObjectWriterOptions } from './object-writer.ts';

/** Longer than this nobody waits who leaves the mesh: what is left then is for `uninstall`. */
const WITHDRAW_MS = 10_000;

export function startMulticlusterWriter(
  options: Omit<ObjectWriterOptions, 'kinds'> & {
    /** The text of `cluster.yaml` for proxies. */
    readonly config: string;
  },
): MulticlusterApi & Pick<ObjectWriter, 'review'> {
  const writer = startObjectWriter({ ...options, kinds: DESIRED_KINDS });
  let isWithdrawn = false;
  return {
    show(state, trust) {
      if (!isWithdrawn) writer.want(desiredObjects(state, { ...trust, config: options.config }));
    },
    async withdraw() {
      isWithdrawn = true;
      writer.want(new Map());
      await new Promise<void>((resolve) => {
        const cancel = options.clock.after(WITHDRAW_MS, resolve);
        void writer.settled().then(() => {
          cancel();
          resolve();
        });
      });
    },
    ...{ review: writer.review, stop: writer.stop },
  };
}
