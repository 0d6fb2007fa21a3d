/** What a peer that holds a certificate can do at will: bare verified connections to a cart in east. */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { connectMeshTls } from '../../mesh/adapters/tls/mesh-tls.ts';
import { startHttpApp, until, type TestApp } from './applications.ts';
import { fakeRouteId } from './fake-discovery.ts';
import { createRunningMesh, key, service, type RunningMesh, type RunningSidecar } from './running-mesh.ts';
import type { TestIdentity } from './test-identity.ts';

export const CART_HOST = 'cart.shop.svc.clusterset.local';

export interface CartMesh {
  readonly running: RunningMesh;
  readonly app: TestApp;
  readonly cart: RunningSidecar;
}

/** Clusters east and west; a cart with its application in east. */
export async function startCartMesh(handle: Parameters<typeof startHttpApp>[0]): Promise<CartMesh> {
  const running = createRunningMesh({ east: 'eu/eu-1', west: 'us/us-1' }, [service('web'), service('cart')]);
  const app = await startHttpApp(handle);
  running.keep(app.stop);
  const cart = await running.start({ cluster: 'east', service: 'cart', appPort: app.port });
  return { running, app, cart };
}

export interface PeerDial {
  readonly to: RunningSidecar;
  readonly identity: TestIdentity;
  readonly alpn?: string;
  readonly serverName?: string;
}

export async function dialAsPeer(running: RunningMesh, dial: PeerDial): Promise<TLSSocket> {
  const { to, identity, alpn = 'isthmus-http/1.1' } = dial;
  const serverName = dial.serverName ?? `${fakeRouteId(running.cluster('east'), key('cart'), 80)}.east.acme`;
  const connected = await connectMeshTls({
    ...{ identity, alpn: [alpn], serverName, to: to.sidecar.inboundAddress },
    ...{ expect: { kind: 'member' }, timeoutMs: 2_000, now: () => Date.now() },
  });
  if (!connected.ok) throw new Error(connected.error.code);
  running.keep(() => void connected.value.socket.destroy());
  return connected.value.socket;
}

export interface Collected {
  text(): string;
  closed(): boolean;
}

export function collect(socket: Socket): Collected {
  const chunks: Buffer[] = [];
  let closed = false;
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('close', () => (closed = true));
  socket.on('error', () => undefined);
  return { text: () => Buffer.concat(chunks).toString('latin1'), closed: () => closed };
}

/** What has come when the head of an answer is whole, or the connection has ended. */
export async function send(socket: Socket, bytes: string): Promise<string> {
  const got = collect(socket);
  socket.write(bytes);
  await until('an answer', () => /\r\n\r\n/.test(got.text()) || got.closed());
  return got.text();
}

export function statusOf(text: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
}
