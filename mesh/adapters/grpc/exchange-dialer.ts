/** Dials another controller through its gateway: SNI `federation.<cluster>.<mesh>`, its controller's identity expected. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { checkPeerHost } from '../../decide/peer-address.ts';
import { err, ok, type Result } from '../../kit/result.ts';
import { fault, type Fault } from '../../model/fault.ts';
import { trustDomain } from '../../model/names.ts';
import type { DialTarget, ExchangeDialer, ExchangeStream } from '../../ports/exchange-stream.ts';
import type { MeshIdentity } from '../../ports/mesh-identity.ts';
import { clientOptions, dialTarget } from './client.ts';
import { meshCredentials } from './credentials.ts';
import { callFault, wrapCall } from './exchange-stream.ts';
import { ExchangeServiceClient } from './generated/isthmus/exchange/v1/exchange.ts';

export interface ExchangeDialerOptions {
  readonly identity: MeshIdentity;
  readonly allowLoopback: boolean;
  readonly now: () => number;
}

const TIMEOUT_MS = 5000;

type Answer = (result: Result<ExchangeStream, Fault>) => void;

/** Each try is a channel of its own: identity, bundle and addresses are read anew, nothing reconnects unseen. */
export function createExchangeDialer(options: ExchangeDialerOptions): ExchangeDialer {
  return (target, answer) => {
    const attempt: Attempt = { isOver: false, giveUp: () => undefined };
    const once: Answer = (result) => {
      if (attempt.isOver) return;
      attempt.isOver = true;
      answer(result);
    };
    void resolveHost(target, options).then((host) => {
      if (attempt.isOver) return;
      if (!host.ok) return once(host);
      attempt.giveUp = connect({ ...options, target, host: host.value }, once);
    });
    return () => {
      attempt.isOver = true;
      attempt.giveUp();
    };
  };
}

interface Attempt {
  isOver: boolean;
  giveUp: () => void;
}

interface Connecting extends ExchangeDialerOptions {
  readonly target: DialTarget;
  /** IP address. */
  readonly host: string;
}

/** Calls back when the peer's first answer shows that it took the stream. */
function connect({ identity, target, host, now }: Connecting, answer: Answer): () => void {
  const { cluster, gateway } = target;
  const serverName = `federation.${trustDomain(cluster, identity.id.mesh)}`;
  let refusal: Fault | undefined;
  let membership: string | undefined;
  const credentials = meshCredentials({
    ...{ identity, serverName, now, timeoutMs: TIMEOUT_MS },
    expect: { kind: 'program', program: 'controller', cluster },
    onRefused: (refused) => (refusal = refused),
    onConnected: ({ issuer }) => (membership = issuer),
  });
  const address = dialTarget({ host, port: gateway.port });
  const client = new ExchangeServiceClient(address, credentials, clientOptions(serverName));
  const call = client.connect();
  const fail = (reason: Fault): void => {
    clearTimeout(timer);
    call.cancel();
    client.close();
    answer(err(refusal ?? reason));
  };
  const timer = setTimeout(() => fail(fault('connect_timeout', address, 'no answer')), TIMEOUT_MS);
  call.once('close', () => client.close());
  call.on('error', (error) => fail(callFault(error, cluster)));
  call.once('end', () => fail(fault('link_down', cluster, 'refused the stream')));
  call.once('metadata', () => {
    clearTimeout(timer);
    if (membership === undefined)
      return fail(fault('invalid_certificate', cluster, 'its issuer is not known'));
    answer(ok(wrapCall(call, { cluster, membership })));
  });
  return () => fail(fault('client_closed', cluster, 'the caller gave up'));
}

/** A name is resolved here, so that what it resolves to passes the same rules as an address. */
async function resolveHost(
  target: DialTarget,
  { allowLoopback }: ExchangeDialerOptions,
): Promise<Result<string, Fault>> {
  const { host } = target.gateway;
  const named = checkPeerHost(host, { allowLoopback });
  if (!named.ok) return named;
  if (isIP(host) !== 0) return ok(host);
  try {
    const { address } = await lookup(host);
    const resolved = checkPeerHost(address, { allowLoopback });
    return resolved.ok ? ok(address) : resolved;
  } catch (cause) {
    return err({
      ...fault('connect_failed', `${target.cluster} gateway ${host}`, 'its name does not resolve'),
      cause,
    });
  }
}
