/** multicluster.x-k8s.io ServiceImport (KEP-1645), v1beta1 and v1alpha1: written by the controller, never by people. */
import { CONDITIONS } from './condition.ts';
import type { CrdSchema, ValueOf } from './schema.ts';

const text = (description: string) => ({ type: 'string', description }) as const;

const port = {
  type: 'object',
  properties: {
    name: text('the name of the port, a DNS label; absent for the only port of a service'),
    protocol: text('TCP, UDP or SCTP; TCP when absent'),
    appProtocol: text('what is spoken on the port'),
    port: { type: 'integer', format: 'int32', description: 'the port of the service' },
  },
  required: ['port'],
} as const satisfies CrdSchema;

export const SERVICE_IMPORT_SPEC = {
  type: 'object',
  properties: {
    ports: {
      ...{ type: 'array', items: port, 'x-kubernetes-list-type': 'atomic' },
      description: 'the ports of all exports together',
    },
    ips: {
      ...{ type: 'array', items: { type: 'string' }, maxItems: 2 },
      description: 'the clusterset IPs, one for each family; none when the type is Headless',
    },
    ipFamilies: {
      ...{ type: 'array', items: text('IPv4 or IPv6'), maxItems: 2, 'x-kubernetes-list-type': 'atomic' },
      description: 'the families of the ips, in the same order',
    },
    type: {
      ...{ type: 'string', enum: ['ClusterSetIP', 'Headless'] },
      description: 'whether the service has an IP of its own',
    },
    sessionAffinity: text('ClientIP or None; None when absent'),
    sessionAffinityConfig: {
      type: 'object',
      properties: {
        clientIP: {
          type: 'object',
          properties: {
            timeoutSeconds: {
              ...{ type: 'integer', format: 'int32' },
              description: 'how long a client stays with its endpoint',
            },
          },
          description: 'for ClientIP',
        },
      },
      description: 'how session affinity works',
    },
    internalTrafficPolicy: text('Cluster or Local; Cluster when absent'),
    trafficDistribution: text('which endpoints are preferred, as in the Service'),
  },
  required: ['ports', 'type'],
  description: 'the service as the importing clusters see it',
} as const satisfies CrdSchema;

export const SERVICE_IMPORT_STATUS = {
  type: 'object',
  properties: {
    clusters: {
      type: 'array',
      items: {
        type: 'object',
        properties: { cluster: text('the name of an exporting cluster') },
        required: ['cluster'],
      },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['cluster'],
      description: 'the clusters that export the service',
    },
    endpointSliceObjects: {
      ...{ type: 'string', enum: ['Present', 'Absent'] },
      description: 'whether EndpointSlices of the import are in this cluster',
    },
    conditions: CONDITIONS,
  },
  description: 'where the service comes from',
} as const satisfies CrdSchema;

export type ServiceImportSpec = ValueOf<typeof SERVICE_IMPORT_SPEC>;
export type ServiceImportStatus = ValueOf<typeof SERVICE_IMPORT_STATUS>;
