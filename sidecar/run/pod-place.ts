/** Where a sidecar listens in a pod: its places are fixed, because the application and the kubelet are told beforehand. */
import { networkInterfaces } from 'node:os';
import { err, ok, type Result } from '../../mesh/kit/result.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import { CAPTURE, POD_IP, PORTS } from '../../mesh/adapters/kubernetes/installation.ts';
import { SIDECAR_USER } from '../../mesh/adapters/kubernetes/pod-parts.ts';
import { openOriginalOf } from '../../mesh/adapters/sockets/original-destination.ts';
import type { CaptureListen, SidecarListen } from '../addresses.ts';

export interface PodPlace {
  readonly env: NodeJS.ProcessEnv;
  /** Of this process. */
  readonly user: number | undefined;
  readonly upstreams: SidecarListen['upstreams'];
}

export async function listenInPod({ env, user, upstreams }: PodPlace): Promise<Result<SidecarListen, Fault>> {
  const { [POD_IP]: address = '', [CAPTURE]: capture } = env;
  if (address === '')
    return err(fault('config_invalid', POD_IP, 'is not set: the pod does not say where it is'));
  if (capture !== undefined && user !== SIDECAR_USER)
    return err(
      fault(
        'config_invalid',
        CAPTURE,
        `this is user ${user}, and the packet filter leaves ${SIDECAR_USER} alone`,
      ),
    );
  return ok({
    inbound: { host: address, port: PORTS.inbound },
    // Only for the pod's own containers.
    httpProxy: { host: '127.0.0.1', port: PORTS.outbound },
    upstreams,
    ...(capture === undefined ? {} : { capture: await captureInPod() }),
  });
}

async function captureInPod(): Promise<CaptureListen> {
  const addresses = Object.values(networkInterfaces()).flatMap((interfaces) => interfaces ?? []);
  return {
    ...{ hosts: ['127.0.0.1', '::1'], port: PORTS.capture },
    own: new Set(addresses.map(({ address }) => address)),
    originalOf: await openOriginalOf(),
  };
}
