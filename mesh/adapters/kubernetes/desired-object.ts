/** An object as it shall be in an API server: what object-writer.ts brings about. */
import type { Condition } from '../../../crds/condition.ts';
import type { ObjectKind } from './resources.ts';

/** A condition whose times are not known yet. */
export type NewCondition = Omit<Condition, 'lastTransitionTime'>;

type Fields = Readonly<Record<string, unknown>>;

export interface DesiredObject {
  readonly kind: ObjectKind;
  /** Absent: the kind is of the whole cluster. */
  readonly namespace?: string;
  readonly name: string;
  readonly labels?: Fields;
  readonly annotations?: Fields;
  readonly spec?: Fields;
  /** Fields of kinds that have no `spec`. */
  readonly rest?: Fields;
  readonly status?: Fields;
  readonly conditions?: readonly NewCondition[];
}
