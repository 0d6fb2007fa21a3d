/** Reads requests with Node's own HTTP server, without a network. */
import http from 'node:http';
import { Duplex } from 'node:stream';

export interface NodeRequest {
  readonly method: string;
  readonly url: string;
  /** Name, value, name, value, as they came. */
  readonly fields: readonly string[];
  /** Latin-1. */
  body: string;
  whole: boolean;
}

const ROOMY = 256 * 1024;

/** What Node reads in the bytes of one connection that ends behind them. */
export async function nodeRequests(bytes: Uint8Array): Promise<readonly NodeRequest[]> {
  const seen: NodeRequest[] = [];
  const take = (request: http.IncomingMessage): NodeRequest => {
    const { method = '', url = '', rawHeaders } = request;
    const entry: NodeRequest = { method, url, fields: rawHeaders, body: '', whole: false };
    seen.push(entry);
    return entry;
  };
  const server = http.createServer({ maxHeaderSize: ROOMY }, (request) => {
    const entry = take(request);
    request.on('error', () => undefined);
    request.on('data', (chunk: Buffer) => (entry.body += chunk.toString('latin1')));
    request.on('end', () => (entry.whole = true));
  });
  server.on('connect', (request) => (take(request).whole = true));
  server.on('clientError', () => undefined);
  Object.assign(server, { maxHeadersCount: 0, timeout: 0, requestTimeout: 0, headersTimeout: 0 });
  const wire = new Wire();
  server.emit('connection', wire);
  wire.push(bytes);
  wire.push(null);
  await settled();
  wire.destroy();
  return seen;
}

/** A connection whose other end is whoever pushes to it; what is written goes nowhere. */
export class Wire extends Duplex {
  override _read(): void {
    // Bytes are pushed as they are there.
  }

  override _write(_chunk: Buffer, _encoding: string, done: () => void): void {
    done();
  }
}

/** Nothing here waits for more than ticks: a few turns of the event loop see it through. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}
