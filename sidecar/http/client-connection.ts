/** The client's end of an HTTP/1.1 connection to an upstream: one exchange at a time, kept open between them. */
import type { ReasonCode } from '../../mesh/model/reason.ts';
import { hasBody, type Framing, type RequestHead, type ResponseHead } from '../decide/http1/head.ts';
import { createBodyReader, type BodyReader } from '../decide/http1/body-reader.ts';
import { writeRequestHead } from '../decide/http1/head-writer.ts';
import { createResponseReader, type Asked, type ResponseReader } from '../decide/http1/response-reader.ts';
import type { ByteStream } from '../streams/byte-stream.ts';
import { addInput, createInput, inputLeft, takeInput } from './input.ts';
import { Output } from './output.ts';

/** Who takes the answer. */
export interface ResponseSink {
  /** 1xx, but 101. */
  information(head: ResponseHead): void;
  /** The final head, or 101: then take the socket with `detach`. */
  head(head: ResponseHead): void;
  data(chunk: Buffer): void;
  end(): void;
  /** Nothing more will come; before the head, or within the body. */
  cut(reason: ReasonCode): void;
  /** The request body can be written on. */
  drained(): void;
}

export interface ClientConnectionEvents {
  /** As of a pooled connection. Default: no. */
  readonly reused?: boolean;
  /** Any bytes have come. */
  heard(): void;
  /** Ready for another exchange. */
  free(connection: HttpClientConnection): void;
  /** Once. Not after `detach`. */
  closed(connection: HttpClientConnection): void;
}

type State = 'idle' | 'head' | 'body' | 'closed' | 'detached';

export class HttpClientConnection {
  readonly reused: boolean;
  readonly #socket: ByteStream;
  readonly #events: ClientConnectionEvents;
  readonly #input = createInput();
  readonly #output: Output;
  readonly #reader: ResponseReader = createResponseReader();
  #state: State = 'idle';
  #sink: ResponseSink | undefined;
  #body: BodyReader | undefined;
  #asked: Asked = { method: 'GET', upgrade: undefined };
  #framing: Framing = { kind: 'none' };
  #requestDone = false;
  #keepAlive = false;

  /** `socket` is connected, allows half-open and has an `error` listener. */
  constructor(socket: ByteStream, events: ClientConnectionEvents) {
    this.reused = events.reused === true;
    this.#socket = socket;
    this.#output = new Output(socket);
    this.#events = events;
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('close', this.#onClose);
    socket.on('drain', this.#onDrain);
  }

  /** Nothing is to be begun on it. */
  get isLeaving(): boolean {
    return this.#socket.isLeaving === true;
  }

  /** Starts an exchange on an idle connection; the head is written now, or with the first of the body. */
  send(request: RequestHead, sink: ResponseSink): void {
    this.#state = 'head';
    this.#sink = sink;
    this.#requestDone = false;
    this.#framing = request.framing;
    this.#asked = request;
    this.#output.text(writeRequestHead(request));
  }

  /** A part of the request body; false: wait for `drained`. */
  write(chunk: Buffer): boolean {
    if (this.#state === 'closed') return true;
    return this.#output.body(this.#framing, chunk);
  }

  /** The request body is complete. */
  finish(): void {
    if (this.#requestDone || this.#state === 'closed') return;
    this.#requestDone = true;
    this.#output.bodyEnd(this.#framing);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#sink = undefined;
    this.#socket.destroy();
  }

  /** After a 101: the bare socket, paused, and what was read beyond the head. */
  detach(): { readonly socket: ByteStream; readonly rest: Buffer } {
    this.#state = 'detached';
    this.#output.flush();
    this.#sink = undefined;
    this.#socket.pause();
    this.#socket.off('data', this.#onData);
    this.#socket.off('end', this.#onEnd);
    this.#socket.off('drain', this.#onDrain);
    return { socket: this.#socket, rest: takeInput(this.#input) };
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#events.heard();
    // Nobody asked: an answer out of turn must never meet a later request (S16).
    if (this.#state === 'idle') return this.close();
    addInput(this.#input, chunk);
    this.#read();
  };

  readonly #onEnd = (): void => {
    if (this.#state === 'body' && this.#body?.endsAtClose === true) this.#complete();
    this.#cut('upstream_reset');
    this.#socket.destroy();
  };

  readonly #onClose = (): void => {
    if (this.#state === 'detached') return this.#events.closed(this);
    this.#cut('upstream_reset');
    this.#state = 'closed';
    this.#events.closed(this);
  };

  readonly #onDrain = (): void => this.#sink?.drained();

  #cut(reason: ReasonCode): void {
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.cut(reason);
  }

  #refuse(): void {
    this.#cut('upstream_protocol');
    this.#socket.destroy();
  }

  #read(): void {
    while (this.#sink !== undefined) {
      if (this.#state === 'head' ? !this.#readHead() : !this.#readBody()) return;
    }
    // The exchange is over, or its owner has closed: what is left was sent out of turn.
    if (this.#state !== 'detached' && inputLeft(this.#input) > 0) this.close();
  }

  /** False: more bytes are needed, or none will be used. */
  #readHead(): boolean {
    const found = this.#reader.read(this.#input.bytes, this.#input.at, this.#asked);
    if (found.kind === 'refused') this.#refuse();
    if (found.kind !== 'found') return false;
    this.#input.at = found.end;
    const { head } = found;
    if (head.status >= 100 && head.status < 200 && head.status !== 101) {
      this.#sink?.information(head);
      return true;
    }
    this.#keepAlive = head.keepAlive;
    this.#state = 'body';
    this.#body = createBodyReader(head.framing);
    this.#sink?.head(head);
    if (head.framing.kind === 'tunnel') return false;
    if (!hasBody(head.framing)) this.#complete();
    return true;
  }

  /** False: more bytes are needed, or none will be used. */
  #readBody(): boolean {
    if (this.#body === undefined || inputLeft(this.#input) === 0) return false;
    const read = this.#body.read(this.#input.bytes, this.#input.at, this.#take);
    if (read.kind === 'refused') {
      this.#refuse();
      return false;
    }
    this.#input.at = read.end;
    if (read.done) this.#complete();
    return read.done;
  }

  readonly #take = (from: number, to: number): void => this.#sink?.data(this.#input.bytes.subarray(from, to));

  #complete(): void {
    const sink = this.#sink;
    this.#sink = undefined;
    const reusable = this.#requestDone && this.#keepAlive && inputLeft(this.#input) === 0;
    if (reusable) {
      this.#state = 'idle';
      this.#socket.resume();
      this.#events.free(this);
    } else {
      this.#socket.destroy();
    }
    sink?.end();
  }
}
