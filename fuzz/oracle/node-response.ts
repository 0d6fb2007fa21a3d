/** Reads a response with Node's own HTTP client, without a network. */
import http from 'node:http';
import { settled, Wire } from './node-requests.ts';

export interface NodeResponse {
  readonly status: number;
  readonly reason: string;
  /** Name, value, name, value, as they came. */
  readonly fields: readonly string[];
  /** Latin-1. */
  body: string;
  whole: boolean;
}

export interface Asking {
  readonly method: string;
  readonly upgrade: boolean;
}

const ROOMY = 256 * 1024;

/** The final answer that Node reads in the bytes of a connection that ends behind them. */
export async function nodeResponse(
  bytes: Uint8Array,
  { method, upgrade }: Asking,
): Promise<NodeResponse | undefined> {
  let found: NodeResponse | undefined;
  const wire = new Wire();
  const take = (response: http.IncomingMessage): NodeResponse => {
    const { statusCode: status = 0, statusMessage: reason = '', rawHeaders: fields } = response;
    found = { status, reason, fields, body: '', whole: false };
    return found;
  };
  const request = http.request({
    ...{ method, path: '/', host: 'cart', maxHeaderSize: ROOMY },
    ...(upgrade ? { headers: { connection: 'upgrade', upgrade: 'websocket' } } : {}),
    createConnection: () => wire,
  });
  request.maxHeadersCount = 0;
  request.on('error', () => undefined);
  request.on('upgrade', (response) => (take(response).whole = true));
  request.on('connect', (response) => (take(response).whole = true));
  request.on('response', (response) => {
    const entry = take(response);
    response.on('error', () => undefined);
    response.on('data', (chunk: Buffer) => (entry.body += chunk.toString('latin1')));
    response.on('end', () => (entry.whole = response.complete));
  });
  request.end();
  await settled();
  wire.push(bytes);
  wire.push(null);
  await settled();
  request.destroy();
  wire.destroy();
  return found;
}
