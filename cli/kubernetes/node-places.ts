/** Where a cluster is, by the well-known labels of its nodes (topology.kubernetes.io). */
import { isRecord } from '../../mesh/adapters/kubernetes/api-object.ts';
import { parseLabel } from '../../mesh/model/names.ts';
import { orUsage } from '../options.ts';
import { readObject, type Api } from './apply-manifest.ts';

interface Asked {
  readonly cluster: string;
  readonly region?: string;
  readonly zone?: string;
}

/** What is neither said nor on a node is named after the cluster: it is near nobody else then. */
export async function placeOf(
  api: Api,
  { cluster, region, zone }: Asked,
): Promise<{ region: string; zone: string }> {
  const labels = region !== undefined && zone !== undefined ? {} : await firstNodeLabels(api);
  const place = {
    region: region ?? labels['topology.kubernetes.io/region'] ?? cluster,
    zone: zone ?? labels['topology.kubernetes.io/zone'] ?? cluster,
  };
  return {
    region: orUsage(parseLabel(place.region, 'region')),
    zone: orUsage(parseLabel(place.zone, 'zone')),
  };
}

async function firstNodeLabels(api: Api): Promise<Readonly<Record<string, string>>> {
  const list = await readObject(api, '/api/v1/nodes');
  const items = Array.isArray(list?.['items']) ? (list['items'] as unknown[]) : [];
  const [node] = items;
  const metadata = isRecord(node) && isRecord(node['metadata']) ? node['metadata'] : {};
  return isRecord(metadata['labels']) ? (metadata['labels'] as Record<string, string>) : {};
}
