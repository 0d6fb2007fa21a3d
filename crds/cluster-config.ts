import { err, ok, type Result } from '../mesh/kit/result.ts';
import type { ClusterConfig } from '../mesh/model/cluster-config.ts';
import type { ClusterName } from '../mesh/model/names.ts';
import { schemaCheck } from './check-schema.ts';
import { documentSchema, metadataSchema } from './kind.ts';
import { labelSchema, objectSchema, type CrdSchema, type FieldFault } from './schema.ts';

const host: CrdSchema = {
  type: 'string',
  minLength: 1,
  maxLength: 253,
  pattern: '^[A-Za-z0-9.:_-]+$',
  description: 'an IP address or host name',
};
const port = (what: string): CrdSchema => ({
  type: 'integer',
  minimum: 0,
  maximum: 65_535,
  description: `the TCP port of ${what}; 0 for any free one`,
});
const address = (what: string): CrdSchema => ({
  ...objectSchema({ host, port: port(what) }, ['host', 'port']),
  description: `where ${what} listens`,
});

const controllerPorts = {
  federationPort: port('the exchange with other controllers'),
  joinPort: port('joining clusters'),
  discoveryPort: port('proxies that ask for their view'),
  enrolmentPort: port('workloads that ask for a certificate'),
  adminPort: port('the admin API'),
};

const controller: CrdSchema = {
  ...objectSchema({ host, ...controllerPorts }, ['host', ...Object.keys(controllerPorts)]),
  description: 'where the controller listens',
};

const spec: CrdSchema = {
  ...objectSchema(
    {
      mesh: labelSchema('the mesh'),
      region: labelSchema('the region of the cluster'),
      zone: labelSchema('the zone of the cluster'),
      network: labelSchema('clusters of one network reach each other’s endpoints directly'),
      gateway: address('the gateway'),
      advertise: { ...address('the gateway'), description: 'how other clusters reach the gateway' },
      controller,
      kubernetes: {
        type: 'boolean',
        description: 'whether it is a Kubernetes cluster, and the programs run in its pods',
      },
      unheardAfterSeconds: {
        ...{ type: 'integer', minimum: 10, maximum: 3600 },
        description: 'silence of a cluster after which its pods are endpoints only where no other serves; 30',
      },
      allowLoopbackPeers: {
        type: 'boolean',
        description: 'whether peers on loopback addresses are taken: for meshes on one machine only',
      },
    },
    ['mesh', 'region', 'zone', 'network', 'gateway', 'controller', 'allowLoopbackPeers'],
  ),
  description: 'what the cluster is',
};

const VERSION = 'isthmus.dev/v1alpha1';

/** The schema of `cluster.yaml`, which is no object of the cluster but says what the cluster is. */
const CLUSTER_CONFIG_SCHEMA: CrdSchema = documentSchema(
  {
    apiVersion: { type: 'string', enum: [VERSION], description: 'the version of this form' },
    kind: { type: 'string', enum: ['ClusterConfig'], description: 'the kind of this form' },
    metadata: metadataSchema({ name: labelSchema('the name of the cluster') }),
    spec,
  },
  ['spec'],
);

const check = schemaCheck(CLUSTER_CONFIG_SCHEMA);

/** `value` is any data that YAML can give. */
export function parseClusterConfig(value: unknown): Result<ClusterConfig, readonly FieldFault[]> {
  const faults = check(value);
  if (faults.length > 0) return err(faults);
  const { metadata, spec } = value as {
    readonly metadata: { readonly name: ClusterName };
    readonly spec: Omit<ClusterConfig, 'cluster'>;
  };
  return ok({ ...spec, cluster: metadata.name });
}

/** The manifest of a config: what `cluster.yaml` holds. */
export function clusterConfigManifest({ cluster, ...spec }: ClusterConfig): object {
  return { apiVersion: VERSION, kind: 'ClusterConfig', metadata: { name: cluster }, spec };
}
