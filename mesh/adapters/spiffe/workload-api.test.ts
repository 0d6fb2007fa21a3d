import { X509Certificate } from 'node:crypto';
import { existsSync, linkSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import net from 'node:net';
import tls from 'node:tls';
import { credentials, Metadata, status, type ClientReadableStream, type ServiceError } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import type { ClusterName } from '../../model/names.ts';
import type { MeshIdentity } from '../../ports/mesh-identity.ts';
import {
  SpiffeWorkloadAPIClient,
  type X509BundlesResponse,
  type X509SVIDResponse,
} from '../grpc/generated/spiffe/workload.ts';
import { admitCluster, foundMesh, issueIdentity } from '../grpc/testing/test-mesh.ts';
import { createPrometheusMetrics } from '../metrics/prometheus-metrics.ts';
import { startWorkloadApi, type WorkloadApiOptions } from './workload-api.ts';

const west = 'west' as ClusterName;
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

function header(): Metadata {
  const metadata = new Metadata();
  metadata.set('workload.spiffe.io', 'true');
  return metadata;
}

async function serve(identity: MeshIdentity, now = Date.now(), changed: Partial<WorkloadApiOptions> = {}) {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'isthmus-spiffe-'));
  ends.push(() => rmSync(dir, { recursive: true }));
  const socket = path.join(dir, 'api.sock');
  const options = {
    ...{ socket, identity, others: () => [west], onOthers: () => () => undefined },
    ...{ now: () => now, metrics: createPrometheusMetrics() },
    ...{ mode: 0o600, ...changed },
  };
  const api = await startWorkloadApi(options);
  const client = new SpiffeWorkloadAPIClient(`unix://${socket}`, credentials.createInsecure());
  ends.push(
    () => api.stop(),
    () => client.close(),
  );
  return { api, client, socket, options };
}

async function next<T>(stream: ClientReadableStream<T>): Promise<T> {
  const [message] = (await once(stream, 'data')) as [T];
  return message;
}

async function statusOf(stream: ClientReadableStream<unknown>): Promise<number> {
  return await new Promise((resolve) => {
    stream.once('error', (error: ServiceError) => resolve(error.code));
    stream.once('data', () => resolve(status.OK));
  });
}

async function fetched(identity: MeshIdentity): Promise<X509SVIDResponse> {
  const { client } = await serve(identity);
  const stream = client.fetchX509Svid({}, header());
  stream.on('error', () => undefined);
  return next(stream);
}

/** The certificates in concatenated DER, by the length that each one states. */
function certificatesOf(der: Buffer): X509Certificate[] {
  const found: X509Certificate[] = [];
  for (let at = 0; at < der.length;) {
    const length = 4 + der.readUInt16BE(at + 2);
    found.push(new X509Certificate(der.subarray(at, at + length)));
    at += length;
  }
  return found;
}

function pemOf(certificates: readonly X509Certificate[]): string {
  return certificates.map(String).join('');
}

function keyPem(der: Buffer): string {
  return `-----BEGIN PRIVATE KEY-----\n${der.toString('base64')}\n-----END PRIVATE KEY-----\n`;
}

describe('the Workload API', () => {
  it('gives the chain leaf first, with the identity that the certificate has', async () => {
    const [svid] = (await fetched(issueIdentity(foundMesh(), '/ns/shop/sa/cart'))).svids;
    const [leaf, intermediate] = certificatesOf(svid!.x509Svid);
    const [root] = certificatesOf(svid!.bundle);
    expect(svid!.spiffeId).toBe('spiffe://east.acme/ns/shop/sa/cart');
    expect(leaf!.subjectAltName).toBe('URI:spiffe://east.acme/ns/shop/sa/cart');
    expect(leaf!.verify(intermediate!.publicKey)).toBe(true);
    expect(intermediate!.verify(root!.publicKey)).toBe(true);
  });

  it('lets workloads of two trust domains do mTLS by what they fetched', async () => {
    const founder = foundMesh();
    const here = await fetched(issueIdentity(founder, '/ns/shop/sa/cart'));
    const there = await fetched(issueIdentity(admitCluster(founder, 'west'), '/ns/shop/sa/ledger'));
    const foreign = here.federatedBundles['spiffe://west.acme'];
    expect(foreign).toBeDefined();
    const [mine, theirs] = [here.svids[0]!, there.svids[0]!];
    const of = (svid: typeof mine) => ({
      cert: pemOf(certificatesOf(svid.x509Svid)),
      key: keyPem(svid.x509SvidKey),
    });
    const server = tls.createServer(
      { ...of(theirs), ca: pemOf(certificatesOf(theirs.bundle)), requestCert: true },
      (socket) => socket.end(String(socket.getPeerCertificate().subjectaltname)),
    );
    ends.push(() => server.close());
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const { port } = server.address() as net.AddressInfo;
    const ca = pemOf(certificatesOf(foreign!));
    const socket = tls.connect({ port, ...of(mine), ca, checkServerIdentity: () => undefined });
    const [said] = (await once(socket, 'data')) as [Buffer];
    expect(String(said)).toBe('URI:spiffe://east.acme/ns/shop/sa/cart');
    expect(socket.getPeerCertificate().subjectaltname).toBe('URI:spiffe://west.acme/ns/shop/sa/ledger');
    socket.destroy();
  });

  it('gives the bundle of every trust domain to who only verifies', async () => {
    const { client } = await serve(issueIdentity(foundMesh(), '/ns/shop/sa/cart'));
    const stream = client.fetchX509Bundles({}, header());
    stream.on('error', () => undefined);
    expect(Object.keys((await next(stream)).bundles)).toEqual(['spiffe://east.acme', 'spiffe://west.acme']);
  });

  it('leaves out a member with a withdrawn intermediate', async () => {
    const identity = issueIdentity(foundMesh(), '/ns/shop/sa/cart');
    const evicted = [{ cluster: west, fingerprint: '00' }];
    const told = await fetched({ ...identity, bundle: () => ({ ...identity.bundle(), evicted }) });
    expect(told.federatedBundles).toEqual({});
  });

  it('sends again when the certificate rotates', async () => {
    const founder = foundMesh();
    const second = issueIdentity(founder, '/ns/shop/sa/cart').credentials();
    const first = issueIdentity(founder, '/ns/shop/sa/cart');
    let credentialsNow = first.credentials();
    let changed = (): void => undefined;
    const subscribe = (tell: () => void) => {
      changed = tell;
      return () => undefined;
    };
    const { client } = await serve({ ...first, credentials: () => credentialsNow, subscribe });
    const stream = client.fetchX509Svid({}, header());
    stream.on('error', () => undefined);
    await next(stream);
    credentialsNow = second;
    changed();
    const told = await Promise.race([
      next(stream),
      new Promise<undefined>((late) => setTimeout(() => late(undefined), 2000)),
    ]);
    const serial = told && new X509Certificate(told.svids[0]!.x509Svid).serialNumber.toLowerCase();
    expect(serial).toBe(second.serial);
  });

  it('sends to a slow reader what holds by then, and not all that held meanwhile', async () => {
    let others = [west];
    let tell = (): void => undefined;
    const onOthers = (changed: () => void) => {
      tell = changed;
      return () => undefined;
    };
    const identity = issueIdentity(foundMesh(), '/ns/shop/sa/cart');
    const { client } = await serve(identity, Date.now(), { others: () => others, onOthers });
    const stream = client.fetchX509Bundles({}, header());
    stream.on('error', () => undefined);
    await next(stream);
    const sizes: number[] = [];
    const newest = new Promise<void>((resolve) => {
      stream.on('data', ({ bundles }: X509BundlesResponse) => {
        sizes.push(Object.keys(bundles).length);
        if (sizes.at(-1) === 51) resolve();
      });
    });
    for (let count = 2; count <= 50; count++) {
      others = Array.from({ length: count }, (_, index) => `member-${index}` as ClusterName);
      tell();
    }
    await newest;
    expect(sizes.length).toBeLessThanOrEqual(2);
  });

  it('gives the bundle of its own trust domain even when its cluster is withdrawn', async () => {
    const identity = issueIdentity(foundMesh(), '/ns/shop/sa/cart');
    const evicted = [{ cluster: identity.id.cluster, fingerprint: '00' }];
    const { client } = await serve({ ...identity, bundle: () => ({ ...identity.bundle(), evicted }) });
    const stream = client.fetchX509Bundles({}, header());
    stream.on('error', () => undefined);
    expect((await next(stream)).bundles).toHaveProperty(['spiffe://east.acme']);
  });

  it('refuses a call without the header of the standard', async () => {
    const { client } = await serve(issueIdentity(foundMesh(), '/ns/shop/sa/cart'));
    expect(await statusOf(client.fetchX509Svid({}))).toBe(status.INVALID_ARGUMENT);
  });

  it('denies once the certificate has ended', async () => {
    const identity = issueIdentity(foundMesh(), '/ns/shop/sa/cart');
    const { client } = await serve(identity, identity.credentials().notAfter);
    expect(await statusOf(client.fetchX509Svid({}, header()))).toBe(status.PERMISSION_DENIED);
  });

  it('does not know the methods for JWTs', async () => {
    const { client } = await serve(issueIdentity(foundMesh(), '/ns/shop/sa/cart'));
    const raw = (bytes: Buffer): Buffer => bytes;
    const method = '/SpiffeWorkloadAPI/FetchJWTBundles';
    const call = client.makeServerStreamRequest(method, raw, raw, Buffer.alloc(0), header());
    expect(await statusOf(call)).toBe(status.UNIMPLEMENTED);
  });

  it('has a bounded number of streams', async () => {
    const { client, socket } = await serve(issueIdentity(foundMesh(), '/ns/shop/sa/cart'));
    for (let open = 0; open < 32; open++) {
      const stream = client.fetchX509Svid({}, header());
      stream.on('error', () => undefined);
      await next(stream);
    }
    const options = { 'grpc.use_local_subchannel_pool': 1 };
    const another = new SpiffeWorkloadAPIClient(`unix://${socket}`, credentials.createInsecure(), options);
    ends.push(() => another.close());
    expect(await statusOf(another.fetchX509Svid({}, header()))).toBe(status.RESOURCE_EXHAUSTED);
  });

  it('takes the place of a socket that a killed run left behind', async () => {
    const { socket, options, api } = await serve(issueIdentity(foundMesh(), '/ns/shop/sa/cart'));
    const left = `${socket}.left`;
    linkSync(socket, left);
    await api.stop();
    const next = await startWorkloadApi({
      ...options,
      metrics: createPrometheusMetrics(),
      socket: left,
    }).catch((error: Error) => error.message);
    expect(next).toHaveProperty('stop');
    if (typeof next !== 'string') await next.stop();
  });

  it('leaves the socket of a process that lives to it', async () => {
    const { options, client } = await serve(issueIdentity(foundMesh(), '/ns/shop/sa/cart'));
    const second = startWorkloadApi({ ...options, metrics: createPrometheusMetrics() });
    await expect(second).rejects.toThrow(`${options.socket}: another process listens there`);
    const stream = client.fetchX509Svid({}, header());
    stream.on('error', () => undefined);
    expect((await next(stream)).svids).toHaveLength(1);
  });

  it('does not replace what is no socket', async () => {
    const { options, socket } = await serve(issueIdentity(foundMesh(), '/ns/shop/sa/cart'));
    const file = `${socket}.txt`;
    writeFileSync(file, 'mine');
    const second = startWorkloadApi({ ...options, metrics: createPrometheusMetrics(), socket: file });
    await expect(second).rejects.toThrow(`${file}: is there already, and is no socket`);
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });

  it('bounds and counts connections that say nothing', async () => {
    const metrics = createPrometheusMetrics();
    const identity = issueIdentity(foundMesh(), '/ns/shop/sa/cart');
    const { socket } = await serve(identity, Date.now(), { metrics });
    const opened = Array.from({ length: 17 }, () => net.connect(socket));
    ends.push(() => opened.forEach((connection) => connection.destroy()));
    await Promise.race(
      opened.map((connection) =>
        once(
          connection.on('error', () => undefined),
          'close',
        ),
      ),
    );
    const text = await metrics.expose();
    expect(text).toContain('isthmus_workload_api_messages_total{outcome="refused"} 1');
  });

  it('is open to every user of its pod where that is asked for', async () => {
    const identity = issueIdentity(foundMesh(), '/ns/shop/sa/cart');
    const { socket } = await serve(identity, Date.now(), { mode: 0o666 });
    expect(statSync(socket).mode & 0o777).toBe(0o666);
  });

  it('has a socket for its owner only, and removes it at the end', async () => {
    const { api, socket } = await serve(issueIdentity(foundMesh(), '/ns/shop/sa/cart'));
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    await api.stop();
    expect(existsSync(socket)).toBe(false);
  });
});
