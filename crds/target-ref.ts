/** Policy attachment: which service a policy is about. */
import { labelSchema, objectSchema } from './schema.ts';

export const TARGET_REF = {
  ...objectSchema(
    {
      group: { type: 'string', maxLength: 253, description: 'the API group of the target' },
      kind: {
        type: 'string',
        enum: ['Service', 'ServiceImport'],
        description: 'the kind of the target; both mean the service of that name, here and in other clusters',
      },
      name: labelSchema('the service it is about'),
    },
    ['kind', 'name'],
  ),
  description: 'the service it is about',
};

/** The name in `spec.targetRef`, of a document whose schema has passed. */
export function targetName(spec: unknown): string | undefined {
  return (spec as { readonly targetRef?: { readonly name: string } } | undefined)?.targetRef?.name;
}
