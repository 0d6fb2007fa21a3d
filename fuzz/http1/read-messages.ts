/** Reads a connection's bytes with the sidecar's codec, as its connections do, without the connections. */
import { createBodyReader } from '../../sidecar/decide/http1/body-reader.ts';
import {
  hasBody,
  type Framing,
  type RequestHead,
  type ResponseHead,
} from '../../sidecar/decide/http1/head.ts';
import type { Refusal } from '../../sidecar/decide/http1/refusal.ts';
import { createRequestReader, type ReadHead } from '../../sidecar/decide/http1/request-reader.ts';
import { createResponseReader, type Asked } from '../../sidecar/decide/http1/response-reader.ts';

export interface Message<Head> {
  readonly head: Head;
  /** Latin-1. */
  body: string;
  whole: boolean;
}

export interface Messages<Head> {
  readonly messages: readonly Message<Head>[];
  readonly refusal?: Refusal;
}

interface Source<Head> {
  read(bytes: Buffer, at: number): ReadHead<Head>;
  /** Whether nothing is read behind this message. */
  isLast(head: Head): boolean;
}

/** The requests of a client that ends behind the last piece. */
export function readRequests(pieces: readonly Buffer[]): Messages<RequestHead> {
  const isLast = ({ method, keepAlive, upgrade }: RequestHead): boolean =>
    method === 'CONNECT' || upgrade !== undefined || !keepAlive;
  return readAll(pieces, { ...createRequestReader(), isLast });
}

/** The answer to one request, with what came before it (1xx). */
export function readResponse(pieces: readonly Buffer[], asked: Asked): Messages<ResponseHead> {
  const reader = createResponseReader();
  const isLast = ({ status }: ResponseHead): boolean => status >= 200 || status === 101;
  const read = (bytes: Buffer, at: number): ReadHead<ResponseHead> => reader.read(bytes, at, asked);
  return readAll(pieces, { read, isLast });
}

type Step = 'more' | 'again' | 'over' | Refusal;

function readAll<Head extends { readonly framing: Framing }>(
  pieces: readonly Buffer[],
  source: Source<Head>,
): Messages<Head> {
  const reading = startReading(source);
  for (const piece of pieces) {
    const step = reading.take(piece);
    if (typeof step !== 'string') return { messages: reading.messages, refusal: step };
    if (step === 'over') return { messages: reading.messages };
  }
  reading.end();
  return { messages: reading.messages };
}

function startReading<Head extends { readonly framing: Framing }>(source: Source<Head>) {
  const messages: Message<Head>[] = [];
  let [held, at] = [Buffer.alloc(0), 0];
  let body = createBodyReader({ kind: 'none' });
  const readBody = (message: Message<Head>): Step => {
    const read = body.read(held, at, (from, to) => (message.body += held.toString('latin1', from, to)));
    if (read.kind === 'refused') return read;
    at = read.end;
    message.whole = read.done;
    return read.done ? 'again' : 'more';
  };
  const readHead = (): Step => {
    const found = source.read(held, at);
    if (found.kind === 'refused') return found;
    if (found.kind === 'need-more') return 'more';
    at = found.end;
    messages.push({ head: found.head, body: '', whole: !hasBody(found.head.framing) });
    body = createBodyReader(found.head.framing);
    return 'again';
  };
  return {
    messages,
    take(piece: Buffer): Step {
      [held, at] = [Buffer.concat([held.subarray(at), piece]), 0];
      for (;;) {
        const open = messages.at(-1);
        if (open?.whole === true && source.isLast(open.head)) return 'over';
        const step = open === undefined || open.whole ? readHead() : readBody(open);
        if (step !== 'again') return step;
      }
    },
    end(): void {
      const open = messages.at(-1);
      if (open?.whole === false && body.endsAtClose) open.whole = true;
    },
  };
}
