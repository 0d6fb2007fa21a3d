/** Conditions as all Kubernetes objects have them (metav1.Condition, KEP-1623). */
import type { CrdSchema, ValueOf } from './schema.ts';

const condition = {
  type: 'object',
  properties: {
    type: {
      type: 'string',
      maxLength: 316,
      pattern:
        '^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$',
      description: 'what the condition is about, in CamelCase',
    },
    status: { type: 'string', enum: ['True', 'False', 'Unknown'], description: 'whether it holds' },
    observedGeneration: {
      type: 'integer',
      format: 'int64',
      minimum: 0,
      description: 'the generation of the spec that it was judged by',
    },
    lastTransitionTime: { type: 'string', format: 'date-time', description: 'when the status changed last' },
    reason: {
      type: 'string',
      minLength: 1,
      maxLength: 1024,
      // Several reasons may be joined by commas (KEP-1645).
      pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$',
      description: 'why, in words for programs',
    },
    message: { type: 'string', maxLength: 32_768, description: 'why, in words for people' },
  },
  required: ['lastTransitionTime', 'message', 'reason', 'status', 'type'],
} as const satisfies CrdSchema;

export type Condition = ValueOf<typeof condition>;

export const CONDITIONS = {
  type: 'array',
  items: condition,
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['type'],
  description: 'what is known of the object',
} as const satisfies CrdSchema;
