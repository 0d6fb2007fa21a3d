/** Opens verified mesh connections along a lane. */
import type { Socket } from 'node:net';
import { connectMeshTls } from '../../mesh/adapters/tls/mesh-tls.ts';
import { ok, type Result } from '../../mesh/kit/result.ts';
import type { Fault } from '../../mesh/model/fault.ts';
import type { SidecarContext } from '../context.ts';
import { connectTcp } from './connect-tcp.ts';
import type { GatewayReach } from './gateways.ts';
import type { LaneSpec } from './lane.ts';

/** HTTP/1.1, one connection at a time. */
export const ALPN_HTTP = 'isthmus-http/1.1';
/** The same on streams of one connection. */
export const ALPN_STREAMS = 'isthmus-streams/1';
export const ALPN_TCP = 'isthmus-tcp';
const ALPN_PROBE = 'isthmus-probe';

export interface MeshSocket {
  readonly socket: Socket;
  /** The TCP socket below. */
  readonly raw: Socket;
  /** The one of the protocols offered that the other end chose. */
  readonly alpn: string;
}

export interface LaneDialer {
  dial(spec: LaneSpec, alpn: readonly string[]): Promise<Result<MeshSocket, Fault>>;
  /** Whether the application behind the lane's other end accepts connections, within the connect timeout. */
  probe(spec: LaneSpec): Promise<boolean>;
  readonly reach: GatewayReach;
}

const PROBE_ANSWER = 'ok\n';

export function createLaneDialer(context: SidecarContext, reach: GatewayReach): LaneDialer {
  const { identity, clock, settings } = context;
  const dial = async (spec: LaneSpec, alpn: readonly string[]): Promise<Result<MeshSocket, Fault>> => {
    const start = clock.monotonic();
    const tcp = await connectTcp(spec, { clock, timeoutMs: settings.connectTimeoutMs });
    if (!tcp.ok) {
      if (spec.kind === 'gateway') reach.noteFailure(spec.host, spec.port, tcp.error);
      return tcp;
    }
    if (spec.kind === 'gateway') reach.noteSuccess(spec.address);
    const raw = tcp.value;
    const secured = await connectMeshTls({
      ...{
        identity,
        expect: spec.expect,
        serverName: spec.serverName,
        alpn,
        allowHalfOpen: true,
        to: { socket: raw },
      },
      ...{ timeoutMs: settings.connectTimeoutMs - (clock.monotonic() - start), now: () => clock.now() },
    });
    if (!secured.ok) return secured;
    const { socket } = secured.value;
    return ok({ socket, raw, alpn: String(socket.alpnProtocol) });
  };
  return {
    ...{ dial, reach },
    async probe(spec) {
      const connected = await dial(spec, [ALPN_PROBE]);
      return connected.ok && readsOk(connected.value.socket, settings.connectTimeoutMs);
    },
  };
}

function readsOk(socket: Socket, timeoutMs: number): Promise<boolean> {
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
