import { serviceKey, type ServiceName } from '../mesh/model/names.ts';
import { documentSchema, metadataSchema, type Kind } from './kind.ts';
import { labelSchema, openSchema } from './schema.ts';

/** multicluster.x-k8s.io ServiceExport (KEP-1645), v1beta1 and v1alpha1: offers the service of its name to all members. */
export const SERVICE_EXPORT: Kind = {
  schema: documentSchema({
    metadata: metadataSchema({ name: labelSchema('the service that is exported') }),
    spec: openSchema({}),
    status: openSchema({}),
  }),
  build: (draft, { namespace }) => ({
    kind: 'export',
    service: serviceKey(namespace, draft.metadata.name as ServiceName),
  }),
};
