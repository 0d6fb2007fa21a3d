import { serviceKey, type ServiceName } from '../mesh/model/names.ts';
import { documentSchema, metadataSchema, type Kind } from './kind.ts';
import { labelSchema, openSchema, type CrdSchema, type ValueOf } from './schema.ts';

const texts = (description: string) =>
  ({ type: 'object', additionalProperties: { type: 'string' }, description }) as const;

export const SERVICE_EXPORT_SPEC = {
  type: 'object',
  properties: {
    exportedLabels: texts('labels of the import; those of the Service do not reach it'),
    exportedAnnotations: texts('annotations of the import; those of the Service do not reach it'),
  },
  description: 'what the import gets beside what the Service says',
} as const satisfies CrdSchema;

/** multicluster.x-k8s.io ServiceExport (KEP-1645), v1beta1 and v1alpha1: offers the service of its name to all members. */
export const SERVICE_EXPORT: Kind = {
  schema: documentSchema({
    metadata: metadataSchema({ name: labelSchema('the service that is exported') }),
    spec: { ...SERVICE_EXPORT_SPEC, 'x-kubernetes-preserve-unknown-fields': true },
    status: openSchema({}),
  }),
  build(draft, { namespace }) {
    const { exportedLabels, exportedAnnotations } = (draft['spec'] ?? {}) as ValueOf<
      typeof SERVICE_EXPORT_SPEC
    >;
    const { generation, name } = draft.metadata;
    return {
      ...{ kind: 'export', service: serviceKey(namespace, name as ServiceName) },
      ...(generation === undefined ? {} : { generation }),
      ...(exportedLabels === undefined ? {} : { labels: exportedLabels }),
      ...(exportedAnnotations === undefined ? {} : { annotations: exportedAnnotations }),
    };
  },
};
