/** isthmus.dev/v1alpha1 MeshCluster: one for each member of the mesh, this one too; written by the controller. */
import { CONDITIONS } from './condition.ts';
import type { CrdSchema } from './schema.ts';

const text = (description: string) => ({ type: 'string', maxLength: 253, description }) as const;

export const MESH_CLUSTER_STATUS = {
  type: 'object',
  properties: {
    mesh: text('the mesh that it is a member of'),
    region: text('the region of the cluster'),
    zone: text('the zone of the cluster'),
    version: text('the version of Isthmus that it runs'),
    link: {
      ...{ type: 'string', enum: ['Self', 'Up', 'Connecting', 'Stale'] },
      description: 'the stream between its controller and this one',
    },
    lastHeard: {
      ...{ type: 'string', format: 'date-time' },
      description: 'when its controller was heard last; absent while it is heard',
    },
    gateways: {
      type: 'array',
      maxItems: 64,
      items: text('host:port'),
      'x-kubernetes-list-type': 'atomic',
      description: 'where its gateways are reached',
    },
    exports: { type: 'integer', format: 'int32', minimum: 0, description: 'services that it exports' },
    conditions: CONDITIONS,
  },
  description: 'what this cluster knows of the member',
} as const satisfies CrdSchema;
