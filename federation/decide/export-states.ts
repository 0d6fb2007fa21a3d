/** What the exports of this cluster are told of themselves: their conditions (KEP-1645, "Export Status"). */
import type { Fault } from '../../mesh/model/fault.ts';
import type { ExportState, StatedCondition } from '../../mesh/model/multicluster.ts';
import type { Service, ServiceExport } from '../../mesh/model/service.ts';
import type { MergedExports } from './merge-exports.ts';
import { refusalFor } from './own-catalog.ts';

/** All that the state of an export follows from. */
export interface Exporting {
  readonly exported: ServiceExport;
  readonly service: Service | undefined;
  readonly merged: MergedExports | undefined;
}

export function exportState({ exported: { key, generation }, service, merged }: Exporting): ExportState {
  const refusal = refusalFor(key, service);
  return {
    ...{ key, ...(generation === undefined ? {} : { generation }) },
    conditions:
      refusal === undefined
        ? [
            condition('Valid', 'True', 'Valid', 'the Service is there and can be exported'),
            condition('Ready', 'True', 'Exported', 'offered to the other clusters of the mesh'),
            conflictCondition(merged),
          ]
        : [...validity(refusal), condition('Ready', 'False', 'Failed', `not offered: ${wordsOf(refusal)}`)],
  };
}

/** In the reasons that KEP-1645 has; what has none there is told by `Ready`. */
function validity(refusal: Fault): readonly StatedCondition[] {
  // Nobody has looked whether there is such a Service.
  if (refusal.code === 'namespace_absent') return [];
  if (refusal.code === 'not_found') return [condition('Valid', 'False', 'NoService', refusal.message)];
  if (refusal.code === 'invalid_service_type')
    return [condition('Valid', 'False', 'InvalidServiceType', refusal.message)];
  return [condition('Valid', 'True', 'Valid', 'the Service is there')];
}

function wordsOf({ field, message }: Fault): string {
  return field === undefined ? message : `${field}: ${message}`;
}

function conflictCondition(merged: MergedExports | undefined): StatedCondition {
  const conflicts = merged?.conflicts ?? [];
  if (conflicts.length === 0)
    return condition('Conflict', 'False', 'NoConflicts', 'all exports of the service agree');
  const reason = conflicts.map((conflict) => conflict.reason).join(',');
  return condition('Conflict', 'True', reason, conflicts.map(({ message }) => message).join('; '));
}

function condition(
  type: StatedCondition['type'],
  status: StatedCondition['status'],
  ...[reason, message]: readonly [reason: string, message: string]
): StatedCondition {
  return { type, status, reason, message };
}
