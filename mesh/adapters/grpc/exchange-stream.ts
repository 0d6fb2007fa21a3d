/** One call of ExchangeService.Connect, from either end, as the port ExchangeStream. */
import type { ClientDuplexStream, ServerDuplexStream, ServiceError } from '@grpc/grpc-js';
import { fault, type Fault } from '../../model/fault.ts';
import type { ExchangeHandlers, ExchangePeer, ExchangeStream } from '../../ports/exchange-stream.ts';
import { decodeFrame, encodeFrame } from './exchange-codec.ts';
import type { ConnectRequest, ConnectResponse } from './generated/isthmus/exchange/v1/exchange.ts';

export type ExchangeCall =
  ServerDuplexStream<ConnectRequest, ConnectResponse> | ClientDuplexStream<ConnectRequest, ConnectResponse>;

/** The peer has this long to take what was sent before an end. */
const LINGER_MS = 2000;

/** Call it in the same turn in which the call was got: errors are heard from then on. */
export function wrapCall(call: ExchangeCall, peer: ExchangePeer): ExchangeStream {
  let handlers: ExchangeHandlers | undefined;
  let endedBy: Fault | undefined;
  let isEnding = false;
  const finish = (reason: Fault): void => {
    if (endedBy !== undefined) return;
    endedBy = reason;
    end();
    handlers?.onEnd(reason);
  };
  const end = (): void => {
    if (isEnding) return;
    isEnding = true;
    call.end();
    // A client cannot end the server's half, nor a server the client's: what does not end by itself is cancelled.
    const timer = setTimeout(() => cancel(call), LINGER_MS).unref();
    call.once('close', () => clearTimeout(timer));
    call.resume();
  };
  call.on('error', (error: ServiceError) => finish(callFault(error, peer.cluster)));
  for (const event of ['end', 'close', 'cancelled'])
    call.on(event, () => finish(fault('link_down', peer.cluster, 'the stream ended')));
  return {
    peer,
    send: (frame) => !isEnding && write(call, encodeFrame(frame)),
    pause: () => void call.pause(),
    resume: () => void (isEnding || call.resume()),
    listen(given) {
      handlers = given;
      if (endedBy !== undefined) return given.onEnd(endedBy);
      call.on('drain', () => isEnding || given.onDrain());
      call.on('data', (message: ConnectRequest | ConnectResponse) => {
        if (isEnding) return;
        const frame = decodeFrame(message.frame);
        if (frame === undefined) given.onUnknownFrame();
        else given.onFrame(frame);
      });
    },
    end,
  };
}

function write(call: ExchangeCall, frame: ReturnType<typeof encodeFrame>): boolean {
  return (call as ClientDuplexStream<ConnectRequest, ConnectResponse>).write({ frame });
}

function cancel(call: ExchangeCall): void {
  if ('cancel' in call) call.cancel();
  else call.destroy();
}

export function callFault(error: Partial<ServiceError>, cluster: string): Fault {
  const message = error.details ?? error.message ?? 'the stream broke';
  return { ...fault('link_down', cluster, message.slice(0, 300)), cause: error };
}
