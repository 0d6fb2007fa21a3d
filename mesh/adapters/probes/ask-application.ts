/** Carries out a probe of the application beside this program, as the kubelet would. */
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { err, ok, type Result } from '../../kit/result.ts';
import type { AppProbe } from '../kubernetes/app-probes.ts';
import { askGrpcHealth } from './grpc-health.ts';

const HOST = '127.0.0.1';

export interface Asker {
  /** The address of the pod, by which the kubelet would call. */
  readonly address: string;
  /** What the kubelet calls itself. */
  readonly userAgent: string;
}

/** Ok: the application passes; else why not, in words. */
export function askApplication(probe: AppProbe, asker: Asker): Promise<Result<void, string>> {
  switch (probe.kind) {
    case 'http':
      return askHttp(probe, asker);
    case 'tcp':
      return askTcp(probe);
    case 'grpc':
      return askGrpcHealth({ ...probe, host: HOST, userAgent: asker.userAgent });
  }
}

type HttpProbe = Extract<AppProbe, { readonly kind: 'http' }>;

function askHttp(probe: HttpProbe, asker: Asker): Promise<Result<void, string>> {
  const { scheme, port, path, timeoutMs } = probe;
  const { request } = scheme === 'https:' ? https : http;
  return new Promise((resolve) => {
    const sent = request({
      ...{ host: HOST, port, path, agent: false, headers: headersOf(probe, asker) },
      // As the kubelet: whose certificate it is, is not what is asked.
      ...{ rejectUnauthorized: false, signal: AbortSignal.timeout(timeoutMs) },
    });
    sent.on('error', (cause) => resolve(err(wordsOf(cause, timeoutMs))));
    sent.on('response', (response) => {
      const { statusCode = 0 } = response;
      response.on('error', () => undefined).resume();
      resolve(statusCode >= 200 && statusCode < 400 ? ok(undefined) : err(`it answered ${statusCode}`));
    });
    sent.end();
  });
}

/** Those of the probe, in order, and what the kubelet adds where they do not say it. */
function headersOf({ headers, port }: HttpProbe, { address, userAgent }: Asker): readonly string[] {
  const own = new Set(headers.map(([name]) => name.toLowerCase()));
  const host = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  const added = [
    ['Host', host],
    ['User-Agent', userAgent],
    ['Accept', '*/*'],
    ['Connection', 'close'],
  ].filter(([name = '']) => !own.has(name.toLowerCase()));
  return [...headers, ...added].flat();
}

function askTcp({ port, timeoutMs }: AppProbe): Promise<Result<void, string>> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: HOST, port, signal: AbortSignal.timeout(timeoutMs) });
    socket.once('error', (cause) => resolve(err(wordsOf(cause, timeoutMs))));
    socket.once('connect', () => {
      socket.destroy();
      resolve(ok(undefined));
    });
  });
}

function wordsOf(cause: Error, timeoutMs: number): string {
  return cause.name === 'AbortError' || cause.name === 'TimeoutError'
    ? `it did not answer within ${timeoutMs} ms`
    : cause.message;
}
