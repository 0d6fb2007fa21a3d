/** Opens verified mesh connections along a lane. */
import type { TLSSocket } from 'node:tls';
import { connectMeshTls } from '../../mesh/adapters/tls/mesh-tls.ts';
import { ok, type Result } from '../../mesh/kit/result.ts';
import type { Fault } from '../../mesh/model/fault.ts';
import type { SidecarContext } from '../context.ts';
import type { GatewayReach } from './gateways.ts';
import type { LaneSpec } from './lane.ts';

export const ALPN_HTTP = 'isthmus-http/1.1';
export const ALPN_TCP = 'isthmus-tcp';
export const ALPN_PROBE = 'isthmus-probe';
export type MeshAlpn = typeof ALPN_HTTP | typeof ALPN_TCP | typeof ALPN_PROBE;

export interface LaneDialer {
  dial(spec: LaneSpec, alpn: MeshAlpn): Promise<Result<TLSSocket, Fault>>;
  /** Whether the application behind the lane's other end accepts connections, within the connect timeout. */
  probe(spec: LaneSpec): Promise<boolean>;
  readonly reach: GatewayReach;
}

const PROBE_ANSWER = 'ok\n';

export function createLaneDialer(context: SidecarContext, reach: GatewayReach): LaneDialer {
  const { identity, clock, settings } = context;
  const dial = async (spec: LaneSpec, alpn: MeshAlpn): Promise<Result<TLSSocket, Fault>> => {
    const connected = await connectMeshTls({
      ...{ identity, expect: spec.expect, serverName: spec.serverName, alpn, allowHalfOpen: true },
      ...{
        to: { host: spec.host, port: spec.port },
        timeoutMs: settings.connectTimeoutMs,
        now: () => clock.now(),
      },
    });
    if (connected.ok) {
      if (spec.kind === 'gateway') reach.noteSuccess(spec.address);
      return ok(connected.value.socket);
    }
    if (spec.kind === 'gateway') reach.noteFailure(spec.host, spec.port, connected.error);
    return connected;
  };
  return {
    ...{ dial, reach },
    async probe(spec) {
      const connected = await dial(spec, ALPN_PROBE);
      return connected.ok && readsOk(connected.value, settings.connectTimeoutMs);
    },
  };
}

function readsOk(socket: TLSSocket, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    let text = '';
    socket.setTimeout(timeoutMs, () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1', 0, PROBE_ANSWER.length);
      if (text.length >= PROBE_ANSWER.length) socket.destroy();
    });
    socket.once('end', () => socket.destroy());
    socket.once('close', () => resolve(text.startsWith(PROBE_ANSWER)));
  });
}
