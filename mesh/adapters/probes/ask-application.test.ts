import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo, type Server } from 'node:net';
import { Server as GrpcServer, ServerCredentials, type ServiceDefinition } from '@grpc/grpc-js';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { MeshName } from '../../model/names.ts';
import type { AppProbe } from '../kubernetes/app-probes.ts';
import { createRoot, generateKeyPair, privateKeyToPem } from '../x509/issue.ts';
import { askApplication } from './ask-application.ts';

const asker = { address: '10.244.0.7', userAgent: 'kube-probe/1.36' };
const OK = { ok: true, value: undefined };

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
const httpProbe = (port: number, rest: Partial<Extract<AppProbe, { kind: 'http' }>> = {}): AppProbe => ({
  ...{ kind: 'http', scheme: 'http:', port, path: '/', headers: [], timeoutMs: 2_000, ...rest },
});

describe('an application that is asked over HTTP', () => {
  it('sees what the kubelet would send', async () => {
    const seen: http.IncomingMessage[] = [];
    const server = http.createServer((request, response) => {
      seen.push(request);
      response.end();
    });
    const port = await listening(server);
    const headers = [['X-Token', 'a'] as const, ['x-token', 'b'] as const];
    expect(await askApplication(httpProbe(port, { path: '/live?deep=1', headers }), asker)).toEqual(OK);
    const host = httpProbe(port, { headers: [['host', 'shop.example'] as const] });
    expect(await askApplication(host, asker)).toEqual(OK);
    expect([seen[0]?.method, seen[0]?.url]).toEqual(['GET', '/live?deep=1']);
    expect(seen[0]?.headersDistinct).toMatchObject({
      ...{ host: [`10.244.0.7:${port}`], 'user-agent': ['kube-probe/1.36'], accept: ['*/*'] },
      ...{ 'x-token': ['a', 'b'], connection: ['close'] },
    });
    expect(seen[1]?.headersDistinct['host']).toEqual(['shop.example']);
  });

  it.each([
    [200, true],
    [204, true],
    [302, true],
    [399, true],
    [400, false],
    [500, false],
  ])('passes with %s: %s', async (status, passes) => {
    const port = await listening(http.createServer((_, response) => response.writeHead(status).end()));
    const asked = await askApplication(httpProbe(port), asker);
    expect(asked).toEqual(passes ? OK : { ok: false, error: `it answered ${status}` });
  });

  it('may have any certificate', async () => {
    const keys = generateKeyPair();
    const { certificate: cert } = createRoot('nobody' as MeshName, keys, Date.now());
    const tls = { cert, key: privateKeyToPem(keys.privateKey) };
    const server = https.createServer(tls, (_, response) => response.end());
    const probe = httpProbe(await listening(server), { scheme: 'https:' });
    expect(await askApplication(probe, asker)).toEqual(OK);
  });

  it('fails when it says nothing in time, or does not listen', async () => {
    const silent = net.createServer((socket) => void socket.on('error', () => undefined).resume());
    const port = await listening(silent);
    expect(await askApplication(httpProbe(port, { timeoutMs: 100 }), asker)).toEqual({
      ...{ ok: false, error: 'it did not answer within 100 ms' },
    });
    await new Promise((closed) => silent.close(closed));
    expect((await askApplication(httpProbe(port), asker)).ok).toBe(false);
  });
});

describe('an application that is asked over TCP', () => {
  it('passes when it accepts, and fails when nobody listens', async () => {
    const server = net.createServer((socket) => void socket.on('error', () => undefined).resume());
    const port = await listening(server);
    expect(await askApplication({ kind: 'tcp', port, timeoutMs: 2_000 }, asker)).toEqual(OK);
    await new Promise((closed) => server.close(closed));
    expect((await askApplication({ kind: 'tcp', port, timeoutMs: 2_000 }, asker)).ok).toBe(false);
  });
});

describe('an application that is asked over gRPC', () => {
  /** Answers by the bytes of the request, as grpc.health.v1 has them: SERVING (1) for `cart`, NOT_SERVING (2) for others. */
  async function health(): Promise<number> {
    const server = new GrpcServer();
    const definition: ServiceDefinition = {
      check: {
        ...{ path: '/grpc.health.v1.Health/Check', requestStream: false, responseStream: false },
        requestDeserialize: (bytes: Buffer) => ({ hex: bytes.toString('hex') }),
        requestSerialize: () => Buffer.alloc(0),
        responseSerialize: (hex: string) => Buffer.from(hex, 'hex'),
        responseDeserialize: (bytes: Buffer) => bytes,
      },
    };
    const cart = `0a04${Buffer.from('cart').toString('hex')}`;
    server.addService(definition, {
      check: (call: { request: { hex: string } }, answer: (error: null, hex: string) => void) =>
        answer(null, [cart, ''].includes(call.request.hex) ? '0801' : '0802'),
    });
    onTestFinished(() => server.forceShutdown());
    return new Promise((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(port) : reject(error),
      );
    });
  }
  const probe = (port: number, service: string): AppProbe => ({
    kind: 'grpc',
    port,
    service,
    timeoutMs: 2_000,
  });

  it('passes when it serves, as a whole or the named service, and fails otherwise', async () => {
    const port = await health();
    expect(await askApplication(probe(port, ''), asker)).toEqual(OK);
    expect(await askApplication(probe(port, 'cart'), asker)).toEqual(OK);
    expect(await askApplication(probe(port, 'web'), asker)).toMatchObject({ ok: false });
  });

  it('fails when it speaks something else', async () => {
    const port = await listening(
      net.createServer((socket) => socket.on('error', () => undefined).end('no\n')),
    );
    expect((await askApplication({ ...probe(port, ''), timeoutMs: 500 }, asker)).ok).toBe(false);
  });
});
