/** I5: a local Service is never modified by what others say: its ports and its endpoints are this cluster's own. */
import type { MeshView, ServiceView } from '../../../mesh/model/mesh-view.ts';
import { PORTS, routeIdOf, workloadOf } from '../cast.ts';
import type { SimCluster } from '../cluster/sim-cluster.ts';
import type { Invariant } from './watcher.ts';

export const localServices: Invariant = (world, report) => {
  const checked = new WeakSet<MeshView['services']>();
  return {
    step() {
      for (const at of world.clusters) {
        const { core } = at;
        if (core === undefined || checked.has(core.publication.view().services)) continue;
        const { services } = core.publication.view();
        checked.add(services);
        for (const { key, ports } of core.decided().local.services.values()) {
          const view = services.get(key);
          const wrong = view === undefined ? 'is missing' : wrongView(at, view, ports.length);
          if (wrong !== undefined) report('I5', `the Service ${key} of ${at.name} ${wrong}`);
        }
      }
    },
  };
};

function wrongView(
  { name }: SimCluster,
  { key, ports, local }: ServiceView,
  count: number,
): string | undefined {
  const own = ports.filter(({ remoteOnly }) => remoteOnly !== true);
  const wanted = PORTS.slice(0, count);
  const isRight = wanted.every((port) => {
    const found = own.find((candidate) => candidate.port === port.port);
    const isSame = found?.name === port.name && found.appProtocol === port.appProtocol;
    return isSame && found.targetPort === port.port && found.routeId === routeIdOf(name, key, port.port);
  });
  if (!isRight || own.length !== wanted.length) return 'has other ports than its manifest states';
  const foreign = local.find(({ serviceAccount }) => serviceAccount !== workloadOf(name).serviceAccount);
  return foreign === undefined ? undefined : `has the foreign endpoint ${foreign.id}`;
}
