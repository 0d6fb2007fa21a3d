import { isSystemNamespace } from '../mesh/model/names.ts';
import { documentSchema, metadataSchema, type Kind } from './kind.ts';
import { labelSchema, openSchema } from './schema.ts';

/** core/v1 Namespace: services of a namespace are imported only where it exists. */
export const NAMESPACE: Kind = {
  schema: documentSchema({
    metadata: metadataSchema({ name: labelSchema('the namespace') }),
    spec: openSchema({}),
    status: openSchema({}),
  }),
  further: ({ metadata: { name } }) =>
    isSystemNamespace(name)
      ? [
          {
            path: ['metadata', 'name'],
            message: `${name} is a system namespace, which the mesh leaves alone`,
          },
        ]
      : [],
  build: () => ({ kind: 'namespace' }),
};
