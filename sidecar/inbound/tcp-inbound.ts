/** Byte streams and probes from the mesh to the application. */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { err, type Result } from '../../mesh/kit/result.ts';
import { fault, type Fault } from '../../mesh/model/fault.ts';
import type { ReasonCode } from '../../mesh/model/reason.ts';
import type { HopMetrics } from '../observe/request-metrics.ts';
import { splice } from '../splice.ts';
import type { InboundPort } from './inbound-ports.ts';
import { dialApp } from './dial-app.ts';

export interface TcpInbound {
  /** The TCP socket below TLS. */
  readonly raw: Socket | undefined;
  readonly port: InboundPort;
  readonly hop: HopMetrics;
  /** Once, when both sides are closed. */
  ended(reason: ReasonCode | ''): void;
}

/** Splices an admitted connection with a new one to the application. */
export async function spliceToApp(socket: TLSSocket, { raw, port, hop, ended }: TcpInbound): Promise<void> {
  socket.pause();
  const dialled = await dial(port);
  if (!dialled.ok) {
    socket.destroy();
    return ended(dialled.error.code);
  }
  if (socket.destroyed) {
    dialled.value.destroy();
    return ended('client_closed');
  }
  splice(
    { socket, raw },
    { socket: dialled.value },
    {
      moved: (bytes, fromClient) => (fromClient ? hop.received : hop.sent).add(bytes),
      done: (clean) => ended(clean ? '' : 'upstream_reset'),
    },
  );
}

/** Answers a probe: `ok` when the application accepts a connection, else nothing. */
export async function answerProbe(socket: TLSSocket, port: InboundPort): Promise<void> {
  socket.resume();
  const dialled = await dial(port);
  if (dialled.ok) dialled.value.destroy();
  if (dialled.ok && socket.writable) socket.end('ok\n');
  else socket.destroy();
}

function dial(port: InboundPort): Promise<Result<Socket, Fault>> {
  const place = port.application();
  if (place !== undefined) return dialApp(place);
  return Promise.resolve(err(fault('application_unreachable', port.service, 'has no pod that is ready')));
}
