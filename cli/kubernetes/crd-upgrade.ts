/** Whether a definition in an API server may be replaced by ours: never a newer one, nor one that somebody else keeps. */
import { isRecord, MANAGED_BY } from '../../mesh/adapters/kubernetes/api-object.ts';

export const RELEASE = 'multicluster.x-k8s.io/release-version';
export const REVISION = 'multicluster.x-k8s.io/crd-schema-revision';

/** Ours, and not from a later release of the MCS API than the one that we bring. */
export function mayReplace(held: Readonly<Record<string, unknown>>, ours: object): boolean {
  const [heldLabels, ourLabels] = [labelsOf(held), labelsOf(ours as Readonly<Record<string, unknown>>)];
  const isOurs = Object.entries(MANAGED_BY).every(([name, value]) => heldLabels[name] === value);
  if (!isOurs) return false;
  const order = compareVersions(heldLabels[RELEASE] ?? '', ourLabels[RELEASE] ?? '');
  if (order !== 0) return order < 0;
  return Number(heldLabels[REVISION] ?? 0) <= Number(ourLabels[REVISION] ?? 0);
}

function labelsOf(object: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const metadata = object['metadata'];
  const labels = isRecord(metadata) ? metadata['labels'] : undefined;
  return isRecord(labels) ? (labels as Record<string, string>) : {};
}

/** Of `v0.5.0`; what is no number counts as 0. */
function compareVersions(a: string, b: string): number {
  const parts = (version: string): number[] =>
    version
      .replace(/^v/, '')
      .split('.')
      .map((part) => parseInt(part, 10) || 0);
  const [left, right] = [parts(a), parts(b)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
