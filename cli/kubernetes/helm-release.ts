/** An installation that Helm keeps: the command line leaves it alone, as Helm does with one of the command line. */
import { readObject, type Api } from './apply-manifest.ts';
import { isRecord } from '../../mesh/adapters/kubernetes/api-object.ts';
import { CONTROLLER, NAMESPACE } from '../../mesh/adapters/kubernetes/installation.ts';
import { fault } from '../../mesh/model/fault.ts';
import { CommandFailed } from '../output/print.ts';

interface Release {
  readonly name: string;
  readonly namespace: string;
}

/** Ends the command where Isthmus was installed by Helm; `instead` says what to do. */
export async function refuseHelmRelease(api: Api, instead: (release: Release) => string): Promise<void> {
  const path = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/${CONTROLLER}`;
  const release = helmRelease(await readObject(api, path));
  if (release === undefined) return;
  const message = `Isthmus was installed here by Helm, as release ${release.name} of namespace ${release.namespace}; ${instead(release)}`;
  throw new CommandFailed(fault('already_exists', NAMESPACE, message));
}

/** By what Helm writes on all that it installs. */
export function helmRelease(object: Readonly<Record<string, unknown>> | undefined): Release | undefined {
  const metadata = isRecord(object?.['metadata']) ? object['metadata'] : {};
  const [labels, annotations] = [metadata['labels'], metadata['annotations']];
  if (!isRecord(labels) || labels['app.kubernetes.io/managed-by'] !== 'Helm') return undefined;
  const said = isRecord(annotations) ? annotations : {};
  const { 'meta.helm.sh/release-name': name, 'meta.helm.sh/release-namespace': namespace } = said;
  return { name: textOr(name, '<release>'), namespace: textOr(namespace, '<namespace>') };
}

function textOr(value: unknown, other: string): string {
  return typeof value === 'string' ? value : other;
}
