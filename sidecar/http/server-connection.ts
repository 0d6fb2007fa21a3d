/**
 * The server's end of an HTTP/1.1 connection: reads one request after another, pipelined ones in turn, and writes the
 * answers. While an answer is awaited, at most one chunk of what the client sends ahead is held.
 */
import type { Slotted } from '../../mesh/kit/slot-list.ts';
import type { ReasonCode } from '../../mesh/model/reason.ts';
import { hasBody, type Framing, type RequestHead, type ResponseHead } from '../decide/http1/head.ts';
import type { Refusal } from '../decide/http1/refusal.ts';
import { createBodyReader, type BodyReader } from '../decide/http1/body-reader.ts';
import { framingFor, writeOwnAnswer, writeResponseHead } from '../decide/http1/head-writer.ts';
import { createRequestReader, type RequestReader } from '../decide/http1/request-reader.ts';
import { splice } from '../splice.ts';
import type { ByteStream } from '../streams/byte-stream.ts';
import type { HttpClientConnection } from './client-connection.ts';
import { addInput, createInput, inputLeft, takeInput } from './input.ts';
import { Output } from './output.ts';

/** What takes the body of a request, and hears of its client. */
export interface RequestSink {
  bodyData(chunk: Buffer): void;
  bodyEnd(): void;
  clientGone(): void;
  clientDrained(): void;
}

export interface ServerConnectionEvents {
  /** Answer with `serve` and then `respond`, or with `refuse`, or take the socket with `detach`. */
  request(client: HttpServerConnection, head: RequestHead): void;
  /** It was no HTTP; the client has been told. */
  malformed(refusal: Refusal): void;
  /** Whether answers ask the client to go elsewhere for its next request. */
  isDraining(): boolean;
  /** Once; not after `detach`. */
  closed(client: HttpServerConnection): void;
}

export interface ServerStart {
  /** Monotonic. */
  readonly nowMs: number;
  /** What was read of the socket before. */
  readonly first?: Buffer | undefined;
  /** Another sidecar, which ends its side only to cancel. Other clients may end it and wait for their answers. */
  readonly isSidecar: boolean;
}

export interface ServerTimes {
  readonly headTimeoutMs: number;
  readonly clientIdleMs: number;
  /** For an answer that moves no byte. */
  readonly bodyIdleMs: number;
}

/** `ending`: the last answer is written; what still comes is thrown away. */
type State = 'head' | 'body' | 'answer' | 'ending' | 'closed' | 'detached';

/** How long a client may take to hear the last answer and close, before it is cut. */
const LINGER_MS = 5_000;
/** How often a client that has ended its side and waits for its answer is asked whether it is still there. */
const ASK_EVERY_MS = 500;
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';

export class HttpServerConnection implements Slotted {
  slot = -1;
  readonly #isSidecar: boolean;
  readonly #socket: ByteStream;
  readonly #events: ServerConnectionEvents;
  readonly #input = createInput();
  readonly #output: Output;
  readonly #reader: RequestReader = createRequestReader();
  #state: State = 'head';
  #request: RequestHead | undefined;
  #sink: RequestSink | undefined;
  #body: BodyReader | undefined;
  #framing: Framing = { kind: 'none' };
  #bodyDone = false;
  #answered = false;
  #keepAlive = true;
  #bodyPaused = false;
  #reading = false;
  /** The client has ended its side: it sends no more, and may still read. */
  #ended = false;
  /** Monotonic ms when that was seen, or when it was last asked whether it is still there. */
  #askedAt: number | undefined;
  /** Bytes of the last answer that had not left at the last tick. */
  #unsent = 0;
  /** Monotonic ms since when it has been between requests. */
  #idleSince: number;

  /** `socket` allows half-open, is paused, and has an `error` listener. */
  constructor(socket: ByteStream, events: ServerConnectionEvents, start: ServerStart) {
    this.#isSidecar = start.isSidecar;
    this.#socket = socket;
    this.#output = new Output(socket);
    this.#events = events;
    this.#idleSince = start.nowMs;
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('close', this.#onClose);
    socket.on('drain', this.#onDrain);
    if (start.first !== undefined) addInput(this.#input, start.first);
  }

  start(): void {
    this.#read();
    if (this.#state !== 'detached') this.#socket.resume();
  }

  /** Of what has been answered. */
  get isUnsent(): boolean {
    return this.#socket.writableLength > 0;
  }

  tick(nowMs: number, times: ServerTimes): void {
    if (this.#state === 'body' || this.#state === 'answer') {
      this.#idleSince = nowMs;
      if (this.#ended) this.#askEnded(nowMs);
      return;
    }
    if (this.#state === 'ending') return this.#linger(nowMs, times);
    const { headTimeoutMs, clientIdleMs } = times;
    const begun = inputLeft(this.#input) > 0;
    if (nowMs - this.#idleSince <= (begun ? headTimeoutMs : clientIdleMs)) return;
    if (begun) this.refuse(408, 'request_timeout');
    else this.close();
  }

  /** The last answer may have to wait for who reads it. */
  #linger(nowMs: number, { bodyIdleMs }: ServerTimes): void {
    const unsent = this.#socket.writableLength;
    if (unsent !== this.#unsent) this.#idleSince = nowMs;
    this.#unsent = unsent;
    if (nowMs - this.#idleSince > (unsent > 0 ? bodyIdleMs : LINGER_MS)) this.cut();
  }

  serve(sink: RequestSink): void {
    this.#sink = sink;
  }

  inform(head: ResponseHead): void {
    if (this.#request?.version === '1.1') this.#output.text(writeResponseHead(head, true));
  }

  /** The final head. False: wait for clientDrained before `write`. */
  respond(head: ResponseHead): boolean {
    const request = this.#request;
    if (request === undefined || this.#state === 'closed') return true;
    this.#answered = true;
    this.#framing = framingFor(head, request);
    if (!this.#bodyDone || this.#isLast() || this.#framing.kind === 'until-close') this.#keepAlive = false;
    this.#output.text(writeResponseHead(head, this.#keepAlive, this.#framing));
    return !this.#socket.writableNeedDrain;
  }

  write(chunk: Buffer): boolean {
    return this.#state === 'closed' || this.#output.body(this.#framing, chunk);
  }

  /** The answer is complete. */
  finish(): void {
    if (this.#state !== 'body' && this.#state !== 'answer') return;
    this.#output.bodyEnd(this.#framing);
    this.#sink = undefined;
    if (this.#keepAlive) this.#next();
    else this.#endAfterAnswer();
  }

  /** An answer of this proxy itself. */
  refuse(status: number, reason: ReasonCode): void {
    if (this.#state === 'closed' || this.#answered) return this.cut();
    this.#answered = true;
    const keepAlive = this.#keepAlive && this.#bodyDone && !this.#isLast();
    const isHead = this.#request?.method === 'HEAD';
    this.#output.text(writeOwnAnswer({ status, reason, keepAlive, isHead }));
    this.#sink = undefined;
    if (keepAlive) this.#next();
    else this.#endAfterAnswer();
  }

  /** Ends the connection in the middle of an answer, so that the client sees that it is not whole. */
  cut(): void {
    this.#sink = undefined;
    this.#socket.destroy();
  }

  close(): void {
    this.#socket.destroy();
  }

  pauseBody(): void {
    if (this.#state !== 'body') return;
    this.#bodyPaused = true;
    this.#socket.pause();
  }

  resumeBody(): void {
    if (!this.#bodyPaused) return;
    this.#bodyPaused = false;
    this.#socket.resume();
    this.#read();
  }

  /** The bare socket, paused, and what was read beyond the head: for CONNECT and upgrades. */
  detach(): { readonly socket: ByteStream; readonly rest: Buffer } {
    this.#state = 'detached';
    this.#output.flush();
    this.#sink = undefined;
    this.#socket.pause();
    this.#socket.off('data', this.#onData);
    this.#socket.off('end', this.#onEnd);
    this.#socket.off('close', this.#onClose);
    this.#socket.off('drain', this.#onDrain);
    return { socket: this.#socket, rest: takeInput(this.#input) };
  }

  /** Passes a 101 on and joins both sockets. What the client sent before the 101 is refused (S9). */
  upgrade(head: ResponseHead, upstream: HttpClientConnection, done: () => void): void {
    if (inputLeft(this.#input) > 0) {
      upstream.close();
      done();
      return this.cut();
    }
    this.#output.text(writeResponseHead(head, true));
    const client = this.detach();
    const server = upstream.detach();
    splice(
      client,
      { ...server, first: server.rest },
      {
        moved: () => undefined,
        done: () => this.#upgradeDone(done),
      },
    );
  }

  #upgradeDone(done: () => void): void {
    done();
    this.#events.closed(this);
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#state === 'ending') return;
    addInput(this.#input, chunk);
    if (this.#state === 'answer') this.#socket.pause();
    else this.#read();
  };

  /** A client may end its side once it has sent its requests, and wait for the answers, as `nc -N` does. */
  readonly #onEnd = (): void => {
    this.#ended = true;
    if (this.#isSidecar && this.#state === 'answer') this.#socket.destroy();
    else this.#settleEnd();
  };

  /** What is not whole when the client has ended its side never will be. */
  #settleEnd(): void {
    if (this.#state === 'head') this.#socket.end();
    else if (this.#state === 'body' && !this.#bodyPaused) this.#socket.destroy();
  }

  /**
   * A client that has closed looks the same as one that has only ended its side, until it is written to: then it
   * resets the connection, which the next write shows. Any client of HTTP/1.1 passes over a 100 (RFC 9110 15.2).
   */
  #askEnded(nowMs: number): void {
    if (this.#answered || this.#request?.version !== '1.1') return;
    this.#askedAt ??= nowMs;
    if (nowMs - this.#askedAt < ASK_EVERY_MS) return;
    this.#askedAt = nowMs;
    this.#output.text(CONTINUE);
  }

  /** No further request is served after this one. */
  #isLast(): boolean {
    return this.#events.isDraining() || (this.#ended && inputLeft(this.#input) === 0);
  }

  readonly #onClose = (): void => {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.clientGone();
    this.#events.closed(this);
  };

  readonly #onDrain = (): void => this.#sink?.clientDrained();

  /** Not from within itself: answers made at once would nest as deep as requests are pipelined. */
  #read(): void {
    if (this.#reading) return;
    this.#reading = true;
    while (this.#state === 'head' ? this.#readHead() : this.#state === 'body' && this.#readBody());
    this.#reading = false;
    // Not while an answer is awaited: what a client sends ahead of it would pile up here.
    if (this.#state === 'head' || (this.#state === 'body' && !this.#bodyPaused)) this.#socket.resume();
    if (this.#ended) this.#settleEnd();
  }

  #readHead(): boolean {
    if (inputLeft(this.#input) === 0) return false;
    const found = this.#reader.read(this.#input.bytes, this.#input.at);
    if (found.kind === 'refused') {
      this.#malformed(found);
      return false;
    }
    if (found.kind !== 'found') return false;
    this.#input.at = found.end;
    this.#begin(found.head);
    return true;
  }

  #begin(head: RequestHead): void {
    this.#request = head;
    this.#bodyDone = !hasBody(head.framing);
    this.#body = this.#bodyDone ? undefined : createBodyReader(head.framing);
    this.#state = this.#bodyDone ? 'answer' : 'body';
    this.#keepAlive = head.keepAlive;
    this.#events.request(this, head);
  }

  #readBody(): boolean {
    if (this.#body === undefined || this.#bodyPaused || inputLeft(this.#input) === 0) return false;
    const read = this.#body.read(this.#input.bytes, this.#input.at, this.#take);
    if (read.kind === 'refused') {
      this.cut();
      return false;
    }
    if (this.#state !== 'body') return false;
    this.#input.at = read.end;
    if (!read.done) return false;
    this.#bodyDone = true;
    this.#state = 'answer';
    this.resumeBody();
    this.#sink?.bodyEnd();
    return true;
  }

  readonly #take = (from: number, to: number): void =>
    this.#sink?.bodyData(this.#input.bytes.subarray(from, to));

  #malformed(refusal: Refusal): void {
    this.#events.malformed(refusal);
    this.#request = undefined;
    this.#bodyDone = false;
    this.refuse(refusal.status, refusal.code);
  }

  #next(): void {
    this.#state = 'head';
    this.#request = undefined;
    this.#answered = false;
    this.#read();
  }

  #endAfterAnswer(): void {
    this.#state = 'ending';
    takeInput(this.#input);
    this.#output.flush();
    this.#socket.end();
    this.#socket.resume();
  }
}
