/** The schemas of the kinds, by apiVersion and kind. */
import type { Schema } from './schema.ts';

const LABEL = '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$';
const name = (description: string): Schema => ({
  type: 'string',
  pattern: LABEL,
  description: `${description}: a DNS label`,
});
const list = (items: Schema, description: string, minItems = 0): Schema => ({
  type: 'array',
  items,
  minItems,
  maxItems: 256,
  description,
});
const object = (properties: Record<string, Schema>, required: readonly string[] = []): Schema => ({
  type: 'object',
  properties,
  required,
});
const port: Schema = { type: 'integer', minimum: 1, maximum: 65_535, description: 'a TCP port, 1-65535' };
const text: Schema = { type: 'string' };
const duration: Schema = {
  type: 'string',
  pattern: '^[0-9]{1,6}(ms|s|m|h)$',
  description: 'a duration such as 500ms, 30s or 2m',
};

/** Metadata of any object; other fields, as Kubernetes writes them, are passed over. */
export const METADATA: Schema = {
  type: 'object',
  open: true,
  required: ['name'],
  properties: {
    name: {
      type: 'string',
      pattern: '^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$',
      description: 'the name of the object',
    },
    namespace: name('the namespace of the object'),
    generation: { type: 'integer', minimum: 0 },
    labels: { type: 'object', additional: { type: 'string', maxLength: 63 } },
    annotations: { type: 'object', additional: { type: 'string', maxLength: 4096 } },
  },
};

const targetRef = object(
  {
    group: text,
    kind: { type: 'string', enum: ['Service', 'ServiceImport'] },
    name: name('the service it is about'),
  },
  ['kind', 'name'],
);

const oneOrMore = (what: string): Schema => ({ type: 'any', description: `${what}, or a list of them` });
const rules = list(
  object(
    {
      from: list(
        object({
          cluster: oneOrMore('a cluster'),
          namespace: oneOrMore('a namespace'),
          serviceAccount: oneOrMore('a service account'),
        }),
        'sources',
        1,
      ),
    },
    ['from'],
  ),
  'rules',
);

const weighted: Schema = { type: 'any', description: 'a name, or {name, weight}' };
const same: Schema = { type: 'string', enum: ['same'] };
const level = object({
  ...{ zone: same, region: same, cluster: same, area: same },
  ...{
    others: { type: 'string', enum: ['all'] },
    clusters: list(weighted, 'clusters', 1),
    regions: list(weighted, 'regions', 1),
  },
});

const kind = (spec: Schema | undefined, specRequired = true): Schema => ({
  type: 'object',
  required: ['apiVersion', 'kind', 'metadata', ...(spec !== undefined && specRequired ? ['spec'] : [])],
  properties: {
    apiVersion: text,
    kind: text,
    metadata: METADATA,
    status: { type: 'any' },
    ...(spec === undefined ? {} : { spec }),
  },
});

const servicePort: Schema = {
  type: 'object',
  open: true,
  required: ['port'],
  properties: {
    name: name('the name of the port'),
    port,
    targetPort: { ...port, description: 'the port of the application; a number here' },
    protocol: { type: 'string', enum: ['TCP'], description: 'Isthmus carries TCP' },
    appProtocol: { type: 'string', maxLength: 64 },
  },
};

const serviceExport = kind({ type: 'object', open: true, properties: {} }, false);

export const KINDS = {
  'v1/Service': kind({
    type: 'object',
    open: true,
    required: ['ports'],
    properties: { ports: list(servicePort, 'the ports of the service', 1) },
  }),
  'v1/Namespace': kind({ type: 'object', open: true }, false),
  'discovery.k8s.io/v1/EndpointSlice': {
    type: 'object',
    open: true,
    required: ['metadata', 'endpoints', 'ports'],
    properties: {
      metadata: { ...METADATA, required: ['name', 'labels'] },
      addressType: { type: 'string', enum: ['IPv4', 'IPv6', 'FQDN'] },
      ports: {
        ...list(
          { type: 'object', open: true, required: ['port'], properties: { port } },
          'the port of the sidecars',
          1,
        ),
        maxItems: 1,
      },
      endpoints: list(
        {
          type: 'object',
          open: true,
          required: ['addresses'],
          properties: {
            addresses: {
              ...list({ type: 'string', maxLength: 253 }, 'the address of the endpoint', 1),
              maxItems: 1,
            },
            conditions: { type: 'object', open: true, properties: { ready: { type: 'boolean' } } },
            zone: { type: 'string', maxLength: 63 },
            hostname: text,
          },
        },
        'endpoints',
      ),
    },
  },
  'multicluster.x-k8s.io/v1beta1/ServiceExport': serviceExport,
  'multicluster.x-k8s.io/v1alpha1/ServiceExport': serviceExport,
  'isthmus.dev/v1alpha1/FailoverPolicy': kind(
    object(
      {
        targetRef,
        levels: { ...list(level, 'the failover order', 1), maxItems: 16 },
        threshold: {
          type: 'number',
          minimum: 1,
          maximum: 100,
          description: 'percent healthy below which a level spills',
        },
        cap: {
          type: 'number',
          minimum: 1,
          maximum: 1000,
          description: 'percent of its own healthy capacity a level may be asked to take over',
        },
        overflow: {
          type: 'string',
          enum: ['keep', 'shed'],
          description: 'what happens to load over the cap',
        },
        panic: {
          type: 'number',
          minimum: 0,
          maximum: 100,
          description: 'percent healthy over all levels below which load is spread over everything',
        },
        failback: object({ ramp: duration, hold: duration }),
      },
      ['targetRef'],
    ),
  ),
  'isthmus.dev/v1alpha1/AccessPolicy': kind(object({ targetRef, allow: rules, deny: rules })),
} as const satisfies Record<string, Schema>;

export type KindName = keyof typeof KINDS;

const address: Schema = object(
  { host: { type: 'string', maxLength: 253 }, port: { type: 'integer', minimum: 0, maximum: 65_535 } },
  ['host', 'port'],
);
const ports = ['federationPort', 'joinPort', 'discoveryPort', 'enrolmentPort', 'adminPort'] as const;
const freePort: Schema = {
  type: 'integer',
  minimum: 0,
  maximum: 65_535,
  description: 'a TCP port; 0: any free one',
};

/** `cluster.yaml`, which is no object of the cluster but says what the cluster is. */
export const CLUSTER_CONFIG: Schema = kind(
  object(
    {
      ...{
        mesh: name('the mesh'),
        region: name('the region'),
        zone: name('the zone'),
        network: name('the network'),
      },
      ...{ gateway: address, advertise: address, allowLoopbackPeers: { type: 'boolean' } },
      controller: object(
        {
          host: { type: 'string', maxLength: 253 },
          ...Object.fromEntries(ports.map((field) => [field, freePort])),
        },
        ['host', ...ports],
      ),
    },
    ['mesh', 'region', 'zone', 'network', 'gateway', 'controller', 'allowLoopbackPeers'],
  ),
);
