import type { ServerResponse } from 'node:http';

export function sendText(
  response: ServerResponse,
  status: number,
  ...[text, contentType = 'text/plain; charset=utf-8']: readonly [text: string, contentType?: string]
): void {
  const body = Buffer.from(text);
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': body.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  sendText(response, status, `${JSON.stringify(value)}\n`, 'application/json');
}
