/** Sends bodies to an API server as they are, be they JSON or not, and checks fields as strictly as kubectl asks for. */
import { Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';
import type { IncomingMessage } from 'node:http';
import type { ApiAccess } from '../../mesh/adapters/kubernetes/api-access.ts';

export interface RawAnswer {
  readonly status: number;
  readonly body: string;
  /** Of webhooks and of the server itself, as they stand in the header. */
  readonly warnings: string;
}

export interface RawPost {
  /** `path` may have a query. */
  post(path: string, body: string): Promise<RawAnswer>;
  stop(): void;
}

const MOST_AT_ONCE = 8;

export async function openRawPost({ server, socketPath, credentials }: ApiAccess): Promise<RawPost> {
  const { headers, ...tls } = await credentials();
  const agent = new Agent({ keepAlive: true, maxSockets: MOST_AT_ONCE });
  const options = {
    ...{ ...tls, agent, method: 'POST', headers: { ...headers, 'content-type': 'application/json' } },
    ...(socketPath === undefined ? {} : { socketPath }),
  };
  return {
    async post(path, body) {
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        const url = new URL(`${server}${path}`);
        url.searchParams.set('fieldValidation', 'Strict');
        request(url, options, resolve).on('error', reject).end(body);
      });
      const { warning = '' } = answer.headers;
      return { status: answer.statusCode ?? 0, body: await text(answer), warnings: warning };
    },
    stop: () => agent.destroy(),
  };
}
