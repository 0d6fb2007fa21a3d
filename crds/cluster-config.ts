/** Parses `cluster.yaml`. */
import { err, ok, type Result } from '../mesh/kit/result.ts';
import type { ClusterConfig } from '../mesh/model/cluster-config.ts';
import { fault, type Fault } from '../mesh/model/fault.ts';
import type { ClusterName } from '../mesh/model/names.ts';
import { CLUSTER_CONFIG } from './kinds.ts';
import { checkSchema } from './schema.ts';

/** `value` as YAML gives it; `file` names it in the fault. */
export function parseClusterConfig(value: unknown, file: string): Result<ClusterConfig, Fault> {
  const [wrong] = checkSchema(value, CLUSTER_CONFIG);
  if (wrong !== undefined)
    return err({ ...fault('config_invalid', file, wrong.message), field: wrong.path.join('.') });
  const { metadata, spec } = value as {
    metadata: { name: ClusterName };
    spec: Omit<ClusterConfig, 'cluster'>;
  };
  return ok({ ...spec, cluster: metadata.name });
}
