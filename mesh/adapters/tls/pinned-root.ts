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

/** PEM of the root; the server must send it as the last of its chain. Verifying with it is the next connection's work. */
export function fetchPinnedRoot(server: PinnedServer): Promise<Result<string, Fault>> {
  const subject = `${server.host}:${server.port}`;
  return new Promise((resolve) => {
    const socket = tls.connect({
      ...{ host: server.host, port: server.port, servername: server.serverName, minVersion: 'TLSv1.3' },
      // Nothing is sent and nothing is believed on this connection: only the chain is read, and compared with the pin.
      rejectUnauthorized: false,
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
      const root = chainOf(socket.getPeerX509Certificate()).find(
        (certificate) => fingerprint(certificate.raw) === server.rootFingerprint,
      );
      if (root !== undefined) return settle(ok(root.toString()));
      settle(
        err(
          fault(
            'root_fingerprint_mismatch',
            subject,
            `no certificate of its chain has the fingerprint ${server.rootFingerprint.slice(0, 16)}… of the token; nothing was sent`,
          ),
        ),
      );
    });
  });
}

const MAX_CHAIN = 5;

function chainOf(leaf: X509Certificate | undefined): X509Certificate[] {
  const chain: X509Certificate[] = [];
  for (let at = leaf; at !== undefined && chain.length < MAX_CHAIN; at = at.issuerCertificate) chain.push(at);
  return chain;
}
