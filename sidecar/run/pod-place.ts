/** Where a sidecar listens in a pod: its places are fixed, because the application and the kubelet are told beforehand. */
import { err, ok, type Result } from '../../mesh/kit/result.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import { POD_IP, PORTS } from '../../mesh/adapters/kubernetes/installation.ts';
import type { SidecarListen } from '../addresses.ts';

export function listenInPod(
  env: NodeJS.ProcessEnv,
  upstreams: SidecarListen['upstreams'],
): Result<SidecarListen, Fault> {
  const { [POD_IP]: address = '' } = env;
  if (address === '')
    return err(fault('config_invalid', POD_IP, 'is not set: the pod does not say where it is'));
  return ok({
    inbound: { host: address, port: PORTS.inbound },
    // Only for the pod's own containers.
    httpProxy: { host: '127.0.0.1', port: PORTS.outbound },
    upstreams,
  });
}
