/** How other clusters reach the gateway: the load balancer of its Service, or its port on a node. */
import { isRecord } from '../../mesh/adapters/kubernetes/api-object.ts';
import { GATEWAY, NAMESPACE, PORTS } from '../../mesh/adapters/kubernetes/installation.ts';
import type { ListenAddress } from '../../mesh/model/cluster-config.ts';
import { fault } from '../../mesh/model/fault.ts';
import { CommandFailed } from '../output/print.ts';
import { readObject, type Api } from './apply-manifest.ts';
import { until } from './until.ts';

const BALANCER_MS = 120_000;
const NO_BALANCER =
  'nothing in this cluster gives load balancers addresses; use --gateway-service NodePort, or --advertise <host:port>';
const SERVICE = `/api/v1/namespaces/${NAMESPACE}/services/${GATEWAY}`;

export async function gatewayAddress(api: Api, service: unknown): Promise<ListenAddress> {
  const { type, ports } = (service as { spec: { type: string; ports: readonly { nodePort?: number }[] } })
    .spec;
  if (type === 'NodePort') return { host: await nodeAddress(api), port: ports[0]?.nodePort ?? 0 };
  const host = await until(
    { what: `Service ${GATEWAY} has an address`, ms: BALANCER_MS, why: () => Promise.resolve(NO_BALANCER) },
    async () => balancerAddress(await readObject(api, SERVICE)),
  );
  return { host, port: PORTS.gateway };
}

function balancerAddress(service: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const status = service?.['status'];
  const balancer = isRecord(status) && isRecord(status['loadBalancer']) ? status['loadBalancer'] : {};
  const [first] = Array.isArray(balancer['ingress']) ? (balancer['ingress'] as unknown[]) : [];
  if (!isRecord(first)) return undefined;
  const address = first['ip'] ?? first['hostname'];
  return typeof address === 'string' ? address : undefined;
}

/** The outer address of a node where it has one. */
async function nodeAddress(api: Api): Promise<string> {
  const list = await readObject(api, '/api/v1/nodes');
  const nodes = Array.isArray(list?.['items']) ? (list['items'] as unknown[]) : [];
  const addresses = nodes.flatMap((node) => {
    const status = isRecord(node) && isRecord(node['status']) ? node['status'] : {};
    return Array.isArray(status['addresses'])
      ? (status['addresses'] as { type: string; address: string }[])
      : [];
  });
  const found = ['ExternalIP', 'InternalIP'].flatMap((type) =>
    addresses.filter((entry) => entry.type === type),
  )[0];
  if (found !== undefined) return found.address;
  throw new CommandFailed(
    fault('unavailable', 'nodes', 'none of them has an address; say it: --advertise <host:port>'),
  );
}
