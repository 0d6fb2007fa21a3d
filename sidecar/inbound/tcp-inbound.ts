/** Byte streams and probes from the mesh to the application. */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ReasonCode } from '../../mesh/model/reason.ts';
import type { HopMetrics } from '../observe/request-metrics.ts';
import { splice } from '../splice.ts';
import { dialApp } from './dial-app.ts';

export interface TcpInbound {
  /** The TCP socket below TLS. */
  readonly raw: Socket | undefined;
  readonly appPort: number;
  readonly hop: HopMetrics;
  /** Once, when both sides are closed. */
  ended(reason: ReasonCode | ''): void;
}

/** Splices an admitted connection with a new one to the application. */
export async function spliceToApp(
  socket: TLSSocket,
  { raw, appPort, hop, ended }: TcpInbound,
): Promise<void> {
  socket.pause();
  const dialled = await dialApp(appPort);
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
export async function answerProbe(socket: TLSSocket, appPort: number): Promise<void> {
  socket.resume();
  const dialled = await dialApp(appPort);
  if (dialled.ok) dialled.value.destroy();
  if (dialled.ok && socket.writable) socket.end('ok\n');
  else socket.destroy();
}
