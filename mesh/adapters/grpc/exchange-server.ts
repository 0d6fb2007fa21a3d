/** The server side of the exchange: hands each call of another controller on as a stream with a proved peer. */
import type { handleBidiStreamingCall } from '@grpc/grpc-js';
import type { ExchangePeer, ExchangeStream } from '../../ports/exchange-stream.ts';
import { wrapCall } from './exchange-stream.ts';
import {
  ExchangeServiceService,
  type ConnectRequest,
  type ConnectResponse,
} from './generated/isthmus/exchange/v1/exchange.ts';
import type { GrpcPeer, GrpcService } from './server.ts';

export interface ExchangeServiceOptions {
  /** `peerOf` of the server that the service is added to; that server must expect controllers only. */
  peerOf(call: { getPeer(): string }): GrpcPeer | undefined;
  acceptStream(stream: ExchangeStream): void;
}

export function exchangeService({ peerOf, acceptStream }: ExchangeServiceOptions): GrpcService {
  const connect: handleBidiStreamingCall<ConnectRequest, ConnectResponse> = (call) => {
    const peer = controllerOf(peerOf(call));
    if (peer === undefined) {
      call.on('error', () => undefined);
      return void call.destroy();
    }
    acceptStream(wrapCall(call, peer));
  };
  return { definition: ExchangeServiceService, handlers: { connect } };
}

function controllerOf(peer: GrpcPeer | undefined): ExchangePeer | undefined {
  const identity = peer?.identity;
  if (peer === undefined || identity?.kind !== 'program' || identity.program !== 'controller')
    return undefined;
  return { cluster: identity.cluster, membership: peer.membership };
}
