/** Envoy: tls_inspector and tcp_proxy as the gateway, the HTTP connection manager as the sidecar. */
import { parseVersion } from '../decide/parse-output.ts';
import { freePort, versionText } from '../processes.ts';
import type { Contender, Opened, Site, Topology } from './contender.ts';
import { SERVER_NAME } from '../names.ts';
import type { PeerCertificate } from './trust.ts';

export function findEnvoy(): Contender | undefined {
  const version = versionText('envoy', '--version');
  if (version === undefined) return undefined;
  return { name: 'envoy', version: parseVersion(version), open };
}

async function open(topology: Topology, target: number, site: Site): Promise<Opened> {
  if (topology === 'gateway') return start(site, (port) => [gatewayListener(port), cluster(target)]);
  if (topology === 'hop') return start(site, (port) => [httpListener(port), cluster(target)]);
  const server = await start(site, (port) => [httpListener(port, downstreamTls(site)), cluster(target)]);
  const between =
    topology === 'path'
      ? await start(site, (port) => [gatewayListener(port), cluster(server.port)])
      : undefined;
  const client = await start(site, (port) => [
    httpListener(port),
    cluster(between?.port ?? server.port, upstreamTls(site)),
  ]);
  return {
    port: client.port,
    pids: [client, ...(between ? [between] : []), server].flatMap(({ pids }) => pids),
  };
}

const TYPE = 'type.googleapis.com/envoy.extensions';

function gatewayListener(port: number): object {
  return {
    ...listenAt(port),
    listener_filters: [
      {
        name: 'tls',
        typed_config: { '@type': `${TYPE}.filters.listener.tls_inspector.v3.TlsInspector` },
      },
    ],
    filter_chains: [
      {
        filter_chain_match: { server_names: [SERVER_NAME] },
        filters: [
          {
            name: 'tcp',
            typed_config: {
              '@type': `${TYPE}.filters.network.tcp_proxy.v3.TcpProxy`,
              stat_prefix: 'tcp',
              cluster: 'out',
            },
          },
        ],
      },
    ],
  };
}

function httpListener(port: number, tls?: object): object {
  const router = {
    name: 'envoy.filters.http.router',
    typed_config: { '@type': `${TYPE}.filters.http.router.v3.Router` },
  };
  const manager = {
    '@type': `${TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: 'http',
    http_filters: [router],
    route_config: {
      virtual_hosts: [
        { name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: 'out' } }] },
      ],
    },
  };
  return {
    ...listenAt(port),
    filter_chains: [
      {
        filters: [{ name: 'http', typed_config: manager }],
        ...(tls === undefined ? {} : { transport_socket: tls }),
      },
    ],
  };
}

function listenAt(port: number): object {
  return { name: 'in', address: addressOf(port), tcp_backlog_size: 4096 };
}

function addressOf(port: number): object {
  return { socket_address: { address: '127.0.0.1', port_value: port } };
}

function cluster(port: number, tls?: object): object {
  const most = { max_connections: 100_000, max_pending_requests: 100_000, max_requests: 100_000 };
  return {
    ...{ name: 'out', type: 'STATIC', circuit_breakers: { thresholds: [most] } },
    ...(tls === undefined ? {} : { transport_socket: tls }),
    load_assignment: {
      cluster_name: 'out',
      endpoints: [{ lb_endpoints: [{ endpoint: { address: addressOf(port) } }] }],
    },
  };
}

function downstreamTls(site: Site): object {
  return {
    name: 'tls',
    typed_config: {
      '@type': `${TYPE}.transport_sockets.tls.v3.DownstreamTlsContext`,
      require_client_certificate: true,
      disable_stateless_session_resumption: true,
      common_tls_context: commonTls(site, site.trust.server),
    },
  };
}

function upstreamTls(site: Site): object {
  return {
    name: 'tls',
    typed_config: {
      '@type': `${TYPE}.transport_sockets.tls.v3.UpstreamTlsContext`,
      sni: SERVER_NAME,
      max_session_keys: 0,
      common_tls_context: commonTls(site, site.trust.client, {
        match_typed_subject_alt_names: [{ san_type: 'DNS', matcher: { exact: SERVER_NAME } }],
      }),
    },
  };
}

function commonTls({ processes, trust }: Site, { chain, key }: PeerCertificate, more: object = {}): object {
  return {
    tls_params: { tls_minimum_protocol_version: 'TLSv1_3', tls_maximum_protocol_version: 'TLSv1_3' },
    tls_certificates: [
      {
        certificate_chain: { filename: processes.file('chain.pem', chain) },
        private_key: { filename: processes.file('key.pem', key) },
      },
    ],
    validation_context: { trusted_ca: { filename: processes.file('root.pem', trust.root) }, ...more },
  };
}

async function start(
  { processes }: Site,
  config: (port: number) => readonly [listener: object, cluster: object],
): Promise<Opened> {
  const port = await freePort();
  const [listener, out] = config(port);
  const file = processes.file(
    'envoy.json',
    JSON.stringify({ static_resources: { listeners: [listener], clusters: [out] } }),
  );
  const flags = ['--concurrency', '1', '--disable-hot-restart', '--log-level', 'warn'];
  const { pid } = await processes.server(['envoy', '-c', file, ...flags], port);
  return { port, pids: [pid] };
}
