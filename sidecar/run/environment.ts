/** What the application finds in its environment: how to reach the mesh without knowing of it. */
import { splitServiceKey, type ClusterName } from '../../mesh/model/names.ts';
import type { Sidecar } from '../sidecar.ts';
import type { WorkloadArguments } from './arguments.ts';

/** What the application reaches without the mesh. */
const LOCAL = 'localhost,127.0.0.1,::1';

/** `cluster`: where it runs, for who wants to tell. */
export function applicationEnv(
  {
    port,
    upstreams,
    cluster,
    workloadSocket,
  }: Pick<WorkloadArguments, 'port' | 'upstreams' | 'workloadSocket'> & { readonly cluster: ClusterName },
  sidecar: Pick<Sidecar, 'httpProxyAddress' | 'listeners'>,
): NodeJS.ProcessEnv {
  const proxy = `http://${sidecar.httpProxyAddress.host}:${sidecar.httpProxyAddress.port}`;
  const direct = [process.env['NO_PROXY'] ?? process.env['no_proxy'], LOCAL].filter(Boolean).join(',');
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    ...{ NO_PROXY: direct, no_proxy: direct },
    ...{ HTTP_PROXY: proxy, http_proxy: proxy, ISTHMUS_PROXY: proxy, NODE_USE_ENV_PROXY: '1' },
    ISTHMUS_CLUSTER: cluster,
  };
  if (workloadSocket !== undefined) env['SPIFFE_ENDPOINT_SOCKET'] = `unix://${workloadSocket}`;
  if (port !== undefined) env['PORT'] = String(port);
  for (const upstream of upstreams) {
    const listener = sidecar
      .listeners()
      .find(({ service, servicePort }) => service === upstream.service && servicePort === upstream.port);
    if (listener !== undefined) env[upstreamVariable(upstream)] = `${listener.host}:${listener.port}`;
  }
  return env;
}

/** `ISTHMUS_<SERVICE>_<NAMESPACE>_<PORT>`; what cannot stand in a variable's name becomes `_`. */
export function upstreamVariable({
  service,
  port,
}: {
  service: WorkloadArguments['service'];
  port: number;
}): string {
  const { namespace, name } = splitServiceKey(service);
  return `ISTHMUS_${name}_${namespace}_${port}`.toUpperCase().replaceAll('-', '_');
}
