/** What an operator says of an installation by Helm: values, their schema, and the example of the rendered manifest. */
import { GATEWAY_SERVICE_TYPES } from '../../cli/kubernetes/gateway-service-types.ts';
import { labelSchema } from '../../crds/schema.ts';

/** As in the rendered manifest: what stands here is to be replaced there. */
export const EXAMPLE = {
  image: 'registry.example.com/isthmus:latest',
  cluster: 'east',
  mesh: { name: 'acme', found: true },
  gateway: { advertise: '203.0.113.10:15443' },
  admin: { createSecret: false },
} as const;

export const DEFAULTS = {
  replicas: 2,
  mesh: { found: false },
  gateway: { service: 'LoadBalancer' },
  kinds: { shared: true },
  dns: { enabled: false },
  admin: { createSecret: true },
} as const;

/** The words of JSON Schema that are used here. */
type Schema = Readonly<Record<string, unknown>>;

const closed = (properties: Readonly<Record<string, object>>, required: readonly string[] = []): Schema => ({
  ...{ type: 'object', additionalProperties: false, properties, required },
});

const PORT = '([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])';

const MESH: Schema = {
  ...closed(
    {
      name: labelSchema('the mesh'),
      found: { type: 'boolean', description: 'whether this cluster makes the mesh' },
      joinToken: {
        ...{ type: 'string', pattern: '^isthmus-join-[A-Za-z0-9_-]{8,}$', maxLength: 8192 },
        description: 'the line that isthmus token create printed on the founder',
      },
    },
    ['name'],
  ),
  // One or the other; neither of them: the controller waits for an order.
  not: { properties: { found: { const: true } }, required: ['found', 'joinToken'] },
};

const GATEWAY: Schema = {
  ...closed(
    {
      advertise: {
        ...{ type: 'string', pattern: `^(\\[[0-9a-fA-F:]+\\]|[A-Za-z0-9._-]{1,253}):${PORT}$` },
        description: 'host:port at which other clusters reach the gateway',
      },
      service: { type: 'string', enum: GATEWAY_SERVICE_TYPES, description: 'the type of its Service' },
      nodePort: { type: 'integer', minimum: 1, maximum: 65_535, description: 'its port on the nodes' },
    },
    ['advertise'],
  ),
  // A port that is not chosen cannot be advertised before it is there.
  if: { properties: { service: { const: 'NodePort' } }, required: ['service'] },
  then: { required: ['nodePort'] },
};

export const VALUES_SCHEMA: Schema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Values of the Isthmus chart',
  ...closed(
    {
      image: {
        ...{ type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._/:@-]*$', maxLength: 512 },
        description: 'of all programs',
      },
      cluster: labelSchema('the name of this cluster'),
      region: labelSchema('the region of the cluster'),
      zone: labelSchema('the zone of the cluster'),
      network: labelSchema('clusters of one network reach each other’s endpoints directly'),
      replicas: { type: 'integer', minimum: 1, maximum: 10, description: 'controllers, and gateways' },
      mesh: MESH,
      gateway: GATEWAY,
      kinds: closed({
        shared: { type: 'boolean', description: 'whether the kinds of the MCS API are brought' },
      }),
      dns: closed({
        enabled: { type: 'boolean', description: 'whether there is a server for clusterset.local' },
      }),
      admin: closed({ createSecret: { type: 'boolean', description: 'whether the token is made' } }),
      global: { type: 'object', description: 'of the chart that this one is a part of' },
    },
    ['image', 'cluster', 'mesh', 'gateway'],
  ),
};

export const VALUES_TEXT = `# Values of the Isthmus chart; values.schema.json checks them. Without a value here: it has to be said.

# The image of all programs: build it with deploy/Containerfile.
# image: registry.example.com/isthmus:latest

# The name of this cluster in the mesh.
# cluster: east

# Where it is; the default of each is the name of the cluster: it is near nobody else then.
# region: eu-1
# zone: eu-1a
# Clusters of one network reach each other's pods directly; the default is a network of its own.
# network: lab

# Controllers, and gateways.
replicas: ${DEFAULTS.replicas}

mesh:
  # name: acme
  # Whether this cluster makes the mesh. Carried out once, by a controller that is in none. With neither this nor a
  # token, controllers wait for an order and are not ready; an upgrade may bring it.
  found: ${DEFAULTS.mesh.found}
  # Or the line that \`isthmus token create --cluster <this one>\` printed on the founder; valid for 15 minutes, once.
  # joinToken: isthmus-join-...

gateway:
  # How other clusters reach it: host:port. That of the load balancer, or of a node.
  # advertise: 203.0.113.10:15443
  # LoadBalancer or NodePort.
  service: ${DEFAULTS.gateway.service}
  # Its port on the nodes: with NodePort it has to be said.
  # nodePort: 30443

kinds:
  # Whether the chart brings the kinds of the MCS API and ClusterProperty: false where somebody else keeps them.
  shared: ${DEFAULTS.kinds.shared}

dns:
  # Whether there is a server for clusterset.local, where CoreDNS has no multicluster plugin. CoreDNS has to be told of it
  # then: see docs/helm.md.
  enabled: ${DEFAULTS.dns.enabled}

admin:
  # Whether the chart makes the Secret isthmus-admin, with a token made by chance, once. False where a renderer without a
  # cluster (\`helm template\`) would make another one each time: then make it yourself, with a long random \`token\`.
  createSecret: ${DEFAULTS.admin.createSecret}
`;
