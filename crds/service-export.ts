import { serviceKey, type ServiceName } from '../mesh/model/names.ts';
import { wrongAnnotations, wrongLabels, type WrongTrait } from '../mesh/decide/service-traits.ts';
import { documentSchema, metadataSchema, type Draft, type Kind } from './kind.ts';
import { labelSchema, openSchema, type CrdSchema, type FieldFault, type ValueOf } from './schema.ts';

const texts = (description: string, maxLength: number) =>
  ({
    type: 'object',
    additionalProperties: { type: 'string', maxLength },
    maxProperties: 64,
    description,
  }) as const;

export const SERVICE_EXPORT_SPEC = {
  type: 'object',
  properties: {
    exportedLabels: texts('labels of the import; those of the Service do not reach it', 63),
    exportedAnnotations: texts('annotations of the import; those of the Service do not reach it', 4096),
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
  further(draft) {
    const { exportedLabels, exportedAnnotations } = specOf(draft);
    return [
      ...faultOf('exportedLabels', wrongLabels(exportedLabels)),
      ...faultOf('exportedAnnotations', wrongAnnotations(exportedAnnotations)),
    ];
  },
  build(draft, { namespace }) {
    const { exportedLabels, exportedAnnotations } = specOf(draft);
    const { generation, name } = draft.metadata;
    return {
      ...{ kind: 'export', service: serviceKey(namespace, name as ServiceName) },
      ...(generation === undefined ? {} : { generation }),
      ...(exportedLabels === undefined ? {} : { labels: exportedLabels }),
      ...(exportedAnnotations === undefined ? {} : { annotations: exportedAnnotations }),
    };
  },
};

function specOf(draft: Draft): ValueOf<typeof SERVICE_EXPORT_SPEC> {
  return draft['spec'] ?? {};
}

function faultOf(field: string, wrong: WrongTrait | undefined): readonly FieldFault[] {
  return wrong === undefined ? [] : [{ path: ['spec', field], message: wrong.message }];
}
