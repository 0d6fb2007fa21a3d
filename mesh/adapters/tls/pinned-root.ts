/** For joining: finds the root of a server's chain by its fingerprint, before anything is sent to that server. */
import type { X509Certificate } from 'node:crypto';
import tls from 'node:tls';
import { err, ok, type Result } from '../../kit/result.ts';
import { fault, type Fault } from '../../model/fault.ts';
import { fingerprint } from '../trust/signed-bundle.ts';
import { tlsFault } from './tls-fault.ts';

export interface PinnedServer {
  readonly host: string;
  readonly port: number;
  readonly serverName: string;
  /** Lower-case hex SHA-256 of the root's DER. */
  readonly rootFingerprint: string;
  readonly timeoutMs: number;
}

/**
 * PEM of the root, which the server sends above its own certificates. Signatures are verified up to it, since anybody can
 * send a copy of a root; names and dates are verified by the next connection, which trusts this root.
 */
export function fetchPinnedRoot(server: PinnedServer): Promise<Result<string, Fault>> {
  const subject = `${server.host}:${server.port}`;
  return new Promise((resolve) => {
    const socket = tls.connect({
      ...{ host: server.host, port: server.port, servername: server.serverName, minVersion: 'TLSv1.3' },
      // Nothing is sent and nothing is believed on this connection: only the chain is read, and compared with the pin.
      ...{ rejectUnauthorized: false, ALPNProtocols: ['h2'] },
    });
    const settle = (result: Result<string, Fault>): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(
      () => settle(err(fault('connect_timeout', subject, 'no answer'))),
      server.timeoutMs,
    );
    socket.on('error', (error: Error) => settle(err(tlsFault(error, subject))));
    socket.once('close', () =>
      settle(err(fault('connect_failed', subject, 'closed the connection; is the token still valid there?'))),
    );
    socket.once('secureConnect', () => {
      const root = pinnedRoot(chainOf(socket.getPeerX509Certificate()), server.rootFingerprint);
      settle(root === undefined ? err(mismatch(subject, server)) : ok(root.toString()));
    });
  });
}

function mismatch(subject: string, { rootFingerprint }: PinnedServer): Fault {
  const start = rootFingerprint.slice(0, 16);
  const message = `its chain does not lead to the root with the fingerprint ${start}… of the token; nothing was sent`;
  return fault('root_fingerprint_mismatch', subject, message);
}

function pinnedRoot(chain: readonly X509Certificate[], rootFingerprint: string): X509Certificate | undefined {
  const at = chain.findIndex((certificate) => fingerprint(certificate.raw) === rootFingerprint);
  return at > 0 && isSignedUp(chain.slice(0, at + 1)) ? chain[at] : undefined;
}

function isSignedUp(chain: readonly X509Certificate[]): boolean {
  try {
    return chain.every((certificate, i) => {
      const issuer = chain[i + 1];
      return issuer === undefined || (issuer.ca && certificate.verify(issuer.publicKey));
    });
  } catch {
    return false;
  }
}

const MAX_CHAIN = 5;

function chainOf(leaf: X509Certificate | undefined): X509Certificate[] {
  const chain: X509Certificate[] = [];
  for (let at = leaf; at !== undefined && chain.length < MAX_CHAIN; at = at.issuerCertificate) chain.push(at);
  return chain;
}
