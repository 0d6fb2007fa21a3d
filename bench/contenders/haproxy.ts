/** HAProxy: `mode tcp` with the server name as the gateway, `mode http` as the sidecar. */
import { parseVersion } from '../decide/parse-output.ts';
import { freePort, versionText } from '../processes.ts';
import type { Contender, Opened, Site, Topology } from './contender.ts';
import { SERVER_NAME } from '../names.ts';
import type { PeerCertificate } from './trust.ts';

export function findHaproxy(): Contender | undefined {
  const version = versionText('haproxy', '-v');
  if (version === undefined) return undefined;
  return { name: 'haproxy', version: parseVersion(version), open };
}

async function open(topology: Topology, target: number, site: Site): Promise<Opened> {
  if (topology === 'gateway') return gateway(site, target);
  if (topology === 'hop') return http(site, { bind: '', server: `127.0.0.1:${target}` });
  const root = site.processes.file('root.pem', site.trust.root);
  const server = await http(site, {
    bind: `ssl crt ${pemFile(site, site.trust.server)} ca-file ${root} verify required ssl-min-ver TLSv1.3 no-tls-tickets`,
    server: `127.0.0.1:${target}`,
  });
  const between = topology === 'path' ? await gateway(site, server.port) : undefined;
  const client = await http(site, {
    bind: '',
    server:
      `127.0.0.1:${between?.port ?? server.port} ssl crt ${pemFile(site, site.trust.client)} ca-file ${root}
      verify required verifyhost ${SERVER_NAME} sni str(${SERVER_NAME}) ssl-min-ver TLSv1.3 no-ssl-reuse`.replaceAll(
        /\s+/g,
        ' ',
      ),
  });
  return {
    port: client.port,
    pids: [client, ...(between ? [between] : []), server].flatMap(({ pids }) => pids),
  };
}

function pemFile({ processes }: Site, { chain, key }: PeerCertificate): string {
  return processes.file('both.pem', chain + key);
}

function gateway(site: Site, backend: number): Promise<Opened> {
  return start(
    site,
    (port) => `
defaults
  mode tcp
  ${TIMEOUTS}
frontend in
  bind 127.0.0.1:${port} backlog 4096
  tcp-request inspect-delay 5s
  tcp-request content accept if { req.ssl_hello_type 1 }
  use_backend out if { req.ssl_sni -i ${SERVER_NAME} }
backend out
  server one 127.0.0.1:${backend}
`,
  );
}

function http(site: Site, { bind, server }: { bind: string; server: string }): Promise<Opened> {
  return start(
    site,
    (port) => `
defaults
  mode http
  http-reuse always
  ${TIMEOUTS}
frontend in
  bind 127.0.0.1:${port} backlog 4096 ${bind}
  default_backend out
backend out
  server one ${server}
`,
  );
}

const TIMEOUTS = ['connect 5s', 'client 1h', 'server 1h'].map((one) => `timeout ${one}`).join('\n  ');

async function start({ processes }: Site, config: (port: number) => string): Promise<Opened> {
  const port = await freePort();
  // 4,000: it takes five files for each connection into account, and a user has 20,000 here.
  const file = processes.file('haproxy.cfg', `global\n  nbthread 1\n  maxconn 4000\n${config(port)}`);
  const { pid } = await processes.server(['haproxy', '-db', '-f', file], port);
  return { port, pids: [pid] };
}
