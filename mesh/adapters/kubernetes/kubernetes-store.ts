/**
 * A ResourceStore over the objects of a Kubernetes cluster, each collection followed by a reflector. An object that
 * cannot be read affects only itself, as a manifest file does: see mesh/adapters/objects/assemble-objects.ts.
 */
import type { Place } from '../../../crds/kind.ts';
import { err, ok, type Result } from '../../kit/result.ts';
import { fault, type Fault } from '../../model/fault.ts';
import { isSystemNamespace, splitServiceKey, type ServiceKey } from '../../model/names.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Log } from '../../ports/log.ts';
import type { Random } from '../../ports/random.ts';
import type { ResourceStore } from '../../ports/resource-store.ts';
import type { ApiClient, ApiFault } from './api-client.ts';
import { isApiObject } from './api-object.ts';
import { openApiObjects } from './api-objects.ts';
import { startReflector, type Reflector, type ReflectorSink } from './reflector.ts';
import { applyObject, deleteObject } from './apply.ts';
import { collectionPath, RESOURCES, SERVICE_EXPORTS } from './resources.ts';

export interface KubernetesStoreOptions {
  readonly api: ApiClient;
  readonly place: Place;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

const NOT_FOUND = 404;

export function openKubernetesStore(options: KubernetesStoreOptions): ResourceStore {
  const { api } = options;
  const objects = openApiObjects(options);
  const exported = objects.sinkOf(SERVICE_EXPORTS);
  const reflectors: Reflector[] = [];
  return {
    snapshot: objects.snapshot,
    subscribe: objects.subscribe,
    async start() {
      for (const resource of RESOURCES) {
        const path = collectionPath(resource);
        reflectors.push(startReflector({ ...options, path, sink: objects.sinkOf(resource) }));
      }
      await Promise.all(reflectors.map(({ synced }) => synced));
      objects.open();
    },
    async applyExport(key) {
      const applied = await applyExport(api, key, exported);
      objects.publish();
      return applied;
    },
    async removeExport(key) {
      const removed = await removeExport(api, key, exported);
      objects.publish();
      return removed;
    },
    stop() {
      for (const reflector of reflectors) reflector.stop();
      objects.stop();
      return Promise.resolve();
    },
  };
}

async function applyExport(
  api: ApiClient,
  key: ServiceKey,
  exported: ReflectorSink,
): Promise<Result<{ readonly created: boolean }, Fault>> {
  const { namespace, name } = splitServiceKey(key);
  if (isSystemNamespace(namespace)) {
    const message = `${namespace} is a system namespace, which the mesh leaves alone`;
    return err(fault('namespace_absent', key, message));
  }
  const applied = await applyObject(api, { kind: SERVICE_EXPORTS, namespace, name });
  if (!applied.ok) return err(named(applied.error, key));
  const { status, body } = applied.value;
  if (isApiObject(body)) exported.put(body);
  return ok({ created: status === 201 });
}

async function removeExport(
  api: ApiClient,
  key: ServiceKey,
  exported: ReflectorSink,
): Promise<Result<{ readonly removed: boolean }, Fault>> {
  const { namespace, name } = splitServiceKey(key);
  const removed = await deleteObject(api, SERVICE_EXPORTS, { namespace, name });
  if (!removed.ok && removed.error.status !== NOT_FOUND) return err(named(removed.error, key));
  exported.remove({ metadata: { namespace, name } });
  return ok({ removed: removed.ok });
}

/** In the words of who asked: a namespace that is missing is why most exports fail. */
function named(refusal: ApiFault, key: ServiceKey): Fault {
  if (refusal.status !== NOT_FOUND) return { ...refusal, subject: key };
  return { ...refusal, code: 'namespace_absent', subject: key };
}
