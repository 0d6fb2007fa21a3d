/** isthmus.dev/v1alpha1 TrustBundle: the roots that this cluster trusts, as a status; written by the controller. */
import { CONDITIONS } from './condition.ts';
import type { CrdSchema } from './schema.ts';

const fingerprint = (description: string) =>
  ({ type: 'string', pattern: '^[0-9a-f]{64}$', maxLength: 64, description }) as const;

export const TRUST_BUNDLE_STATUS = {
  type: 'object',
  properties: {
    version: { type: 'integer', format: 'int64', minimum: 0, description: 'grows with each bundle' },
    roots: {
      type: 'array',
      maxItems: 16,
      items: fingerprint('SHA-256 of the DER of a root certificate'),
      'x-kubernetes-list-type': 'atomic',
      description: 'the roots that are trusted; two while the root rotates',
    },
    evicted: {
      type: 'array',
      maxItems: 1000,
      items: {
        type: 'object',
        properties: {
          cluster: { type: 'string', maxLength: 63, description: 'the name it had' },
          fingerprint: fingerprint('SHA-256 of the key of its intermediate'),
        },
        required: ['cluster', 'fingerprint'],
      },
      'x-kubernetes-list-type': 'atomic',
      description: 'members that were withdrawn from the mesh',
    },
    conditions: CONDITIONS,
  },
  description: 'the bundle that is in force here',
} as const satisfies CrdSchema;
