import type { IncomingMessage } from 'node:http';
import { err, ok, type Result } from '../../kit/result.ts';

export interface BodyRefusal {
  /** HTTP status. */
  readonly status: number;
  readonly message: string;
}

const MAX_BYTES = 64 * 1024;

/** The JSON body of a request, undefined when it has none. Keys named `__proto__` are left out. */
export async function readJson(request: IncomingMessage): Promise<Result<unknown, BodyRefusal>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MAX_BYTES) return err({ status: 413, message: `the body is over ${MAX_BYTES} bytes` });
      chunks.push(chunk);
    }
  } catch {
    return err({ status: 400, message: 'the body ended early' });
  }
  if (bytes === 0) return ok(undefined);
  try {
    return ok(JSON.parse(Buffer.concat(chunks).toString('utf8'), withoutProto));
  } catch {
    return err({ status: 400, message: 'the body is not JSON' });
  }
}

function withoutProto(key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value;
}
