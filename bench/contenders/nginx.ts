/** nginx: `stream` with ssl_preread as the gateway, `http` as the sidecar. Also the application of all HTTP runs. */
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { freePort, versionText, type Started } from '../processes.ts';
import { parseVersion } from '../decide/parse-output.ts';
import type { Contender, Opened, Site, Topology } from './contender.ts';
import { SERVER_NAME } from '../names.ts';

/** Where Debian has the module that other builds have inside. */
const STREAM_MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so';
/** Connections are kept for the whole run, on both sides. */
const KEPT = 'keepalive_requests 1000000000; keepalive_timeout 1h;';

export function findNginx(): Contender | undefined {
  const version = versionText('nginx', '-v');
  if (version === undefined) return undefined;
  return { name: 'nginx', version: parseVersion(version), open };
}

/** The application: 1 KB of text from one nginx worker. */
export async function startApplication(site: Site): Promise<number> {
  const port = await freePort();
  const body = 'x'.repeat(1024);
  await start(
    site,
    `http { access_log off; ${temporary(site)} server { listen 127.0.0.1:${port} backlog=4096; ${KEPT}
      default_type text/plain; location / { return 200 "${body}"; } } }`,
    port,
  );
  return port;
}

async function open(topology: Topology, target: number, site: Site): Promise<Opened> {
  if (topology === 'gateway') return gateway(site, target);
  if (topology === 'hop') return forward(site, { upstream: target, tls: '', scheme: 'http' });
  const server = await inbound(site, target);
  const between = topology === 'path' ? await gateway(site, server.port) : undefined;
  const client = await outbound(site, between?.port ?? server.port);
  return {
    port: client.port,
    pids: [client, ...(between ? [between] : []), server].flatMap(({ pids }) => pids),
  };
}

async function gateway(site: Site, backend: number): Promise<Opened> {
  const port = await freePort();
  const { pid } = await start(
    site,
    `stream { map $ssl_preread_server_name $named { ${SERVER_NAME} backend; }
      upstream backend { server 127.0.0.1:${backend}; }
      server { listen 127.0.0.1:${port} backlog=4096; ssl_preread on; proxy_pass $named; } }`,
    port,
  );
  return { port, pids: [pid] };
}

interface Forward {
  readonly upstream: number;
  readonly scheme: 'http' | 'https';
  /** Directives of TLS to the upstream. */
  readonly tls: string;
}

async function forward(site: Site, { upstream, scheme, tls }: Forward): Promise<Opened> {
  const port = await freePort();
  const { pid } = await start(
    site,
    `http { access_log off; ${temporary(site)}
      upstream next { server 127.0.0.1:${upstream}; keepalive 128; ${KEPT} }
      server { listen 127.0.0.1:${port} backlog=4096; ${KEPT} ${tls}
        location / { proxy_pass ${scheme}://next; proxy_http_version 1.1; proxy_set_header Connection ""; } } }`,
    port,
  );
  return { port, pids: [pid] };
}

function outbound(site: Site, upstream: number): Promise<Opened> {
  const { root, client } = site.trust;
  const file = (name: string, text: string): string => site.processes.file(name, text);
  const tls = `proxy_ssl_certificate ${file('client.pem', client.chain)};
    proxy_ssl_certificate_key ${file('client.key', client.key)};
    proxy_ssl_trusted_certificate ${file('root.pem', root)}; proxy_ssl_verify on; proxy_ssl_verify_depth 2;
    proxy_ssl_name ${SERVER_NAME}; proxy_ssl_server_name on; proxy_ssl_protocols TLSv1.3;
    proxy_ssl_session_reuse off;`;
  return forward(site, { upstream, scheme: 'https', tls });
}

async function inbound(site: Site, application: number): Promise<Opened> {
  const port = await freePort();
  const { root, server } = site.trust;
  const file = (name: string, text: string): string => site.processes.file(name, text);
  const { pid } = await start(
    site,
    `http { access_log off; ${temporary(site)}
      upstream app { server 127.0.0.1:${application}; keepalive 128; ${KEPT} }
      server { listen 127.0.0.1:${port} ssl backlog=4096; ${KEPT}
        ssl_certificate ${file('server.pem', server.chain)}; ssl_certificate_key ${file('server.key', server.key)};
        ssl_client_certificate ${file('root.pem', root)}; ssl_verify_client on; ssl_verify_depth 2;
        ssl_protocols TLSv1.3; ssl_session_cache off; ssl_session_tickets off;
        location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; } } }`,
    port,
  );
  return { port, pids: [pid] };
}

function temporary({ processes }: Site): string {
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return kinds.map((kind) => `${kind}_temp_path ${processes.dir};`).join(' ');
}

function start({ processes }: Site, config: string, port: number): Promise<Started> {
  const module = existsSync(STREAM_MODULE) ? `load_module ${STREAM_MODULE};` : '';
  const file = processes.file(
    'nginx.conf',
    `${module} user ${userInfo().username}; worker_processes 1; worker_rlimit_nofile 16384; daemon off;
    pid ${processes.dir}/nginx-${port}.pid; error_log stderr warn;
    events { worker_connections 16000; }
    ${config}\n`,
  );
  return processes.server(['nginx', '-p', processes.dir, '-e', 'stderr', '-c', file], port);
}
