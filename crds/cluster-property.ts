/** about.k8s.io ClusterProperty (KEP-2149): what a cluster is called, and of which clusterset it is a member. */
import type { CrdSchema } from './schema.ts';

export const CLUSTER_PROPERTY_SPEC = {
  type: 'object',
  properties: {
    value: { type: 'string', minLength: 1, maxLength: 131_072, description: 'the value of the property' },
  },
  required: ['value'],
  description: 'the property',
} as const satisfies CrdSchema;
