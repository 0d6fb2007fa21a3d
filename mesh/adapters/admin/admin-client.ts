/** The admin API of a running controller, for the command line and the demo. Every method answers a fault, never throws. */
import { err, ok, type Result } from '../../kit/result.ts';
import { fault, type Fault } from '../../model/fault.ts';
import type { ClusterName, ServiceKey } from '../../model/names.ts';
import { REASONS, type ReasonCode } from '../../model/reason.ts';
import type {
  ClusterStatus,
  EndpointSummary,
  ExplainReport,
  ExportSummary,
  ImportSummary,
  MeshEvent,
  PolicySummary,
  ProxyReport,
  ServiceSummary,
  SimulateReport,
  StatusReport,
} from '../../model/report.ts';
import { readRunInfo, type RunInfo } from '../standalone/cluster-folder.ts';

type Answer<T> = Promise<Result<T, Fault>>;

export interface Route {
  readonly from: ServiceKey;
  readonly to: ServiceKey;
  /** Absent: the service's first port. */
  readonly port?: number;
}

export interface AdminClient {
  status(): Answer<StatusReport>;
  explain(route: Route): Answer<ExplainReport>;
  /** Without a route: every route that sidecars have reported. */
  simulate(down: readonly string[], route?: Route): Answer<SimulateReport>;
  services(): Answer<readonly ServiceSummary[]>;
  exports(): Answer<readonly ExportSummary[]>;
  imports(): Answer<readonly ImportSummary[]>;
  clusters(): Answer<readonly ClusterStatus[]>;
  policies(): Answer<PolicySummary>;
  endpoints(): Answer<readonly EndpointSummary[]>;
  /** Oldest first. */
  events(): Answer<readonly MeshEvent[]>;
  /** The latest of each sidecar. */
  reports(): Answer<readonly ProxyReport[]>;
  createToken(cluster: ClusterName, ttlSeconds?: number): Answer<{ token: string; expiresAt: number }>;
  exportService(service: ServiceKey): Answer<{ created: boolean }>;
  unexportService(service: ServiceKey): Answer<{ removed: boolean }>;
  leave(): Answer<{ told: readonly ClusterName[]; notTold: readonly ClusterName[] }>;
  evict(cluster: ClusterName): Answer<{ cluster: ClusterName }>;
  forget(cluster: ClusterName): Answer<{ cluster: ClusterName }>;
  confirm(cluster: ClusterName): Answer<{ cluster: ClusterName }>;
}

/** For the controller that runs in the cluster's folder. */
export function openAdminClient(dir: string): Result<AdminClient, Fault> {
  const info = readRunInfo(dir);
  return info.ok ? ok(adminClient(info.value)) : info;
}

export function adminClient(info: Pick<RunInfo, 'admin' | 'token'>): AdminClient {
  return adminClientOver((asked) => call(info, asked));
}

/** `send` takes a request to the controller, whatever the way, and answers with what it said. */
export function adminClientOver(send: (asked: AdminCall) => Answer<unknown>): AdminClient {
  const ask = <T>(asked: AdminCall): Answer<T> => send(asked) as Answer<T>;
  const get = <T>(path: string, query: Query = {}): Answer<T> => ask<T>({ method: 'GET', path, query });
  const post = <T>(path: string, body: unknown = {}): Answer<T> => ask<T>({ method: 'POST', path, body });
  return {
    status: () => get('/v1/status'),
    explain: (route) => get('/v1/explain', routeQuery(route)),
    simulate: (down, route) =>
      get('/v1/simulate', { down: down.join(','), ...(route === undefined ? {} : routeQuery(route)) }),
    services: () => get('/v1/services'),
    exports: () => get('/v1/exports'),
    imports: () => get('/v1/imports'),
    clusters: () => get('/v1/clusters'),
    policies: () => get('/v1/policies'),
    endpoints: () => get('/v1/endpoints'),
    events: () => get('/v1/events'),
    reports: () => get('/v1/reports'),
    createToken: (cluster, ttlSeconds) => post('/v1/tokens', { cluster, ttlSeconds }),
    exportService: (service) => post('/v1/exports', { service }),
    unexportService: (service) => ask({ method: 'DELETE', path: `/v1/exports/${service}` }),
    leave: () => post('/v1/leave'),
    evict: (cluster) => post('/v1/evict', { cluster }),
    forget: (cluster) => post('/v1/forget', { cluster }),
    confirm: (cluster) => post('/v1/confirm', { cluster }),
  };
}

type Query = Readonly<Record<string, string>>;

function routeQuery({ from, to, port }: Route): Query {
  return { from, to, ...(port === undefined ? {} : { port: String(port) }) };
}

export interface AdminCall {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly query?: Query;
  readonly body?: unknown;
}

const TIMEOUT_MS = 10_000;

async function call({ admin, token }: Pick<RunInfo, 'admin' | 'token'>, asked: AdminCall): Answer<unknown> {
  const host = admin.host.includes(':') ? `[${admin.host}]` : admin.host;
  const url = `http://${host}:${admin.port}${asked.path}?${new URLSearchParams(asked.query).toString()}`;
  try {
    const response = await fetch(url, {
      ...{ method: asked.method, signal: AbortSignal.timeout(TIMEOUT_MS) },
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(asked.body === undefined ? {} : { body: JSON.stringify(asked.body) }),
    });
    const answer: unknown = await response.json();
    return response.ok ? ok(answer) : err(readFault(answer));
  } catch (cause) {
    const message = 'the controller does not answer; is it running? isthmus up';
    return err({ ...fault('unavailable', `${admin.host}:${admin.port}`, message), cause });
  }
}

/** As the controller sends it; what is none becomes `unavailable`. */
export function readFault(answer: unknown): Fault {
  const { code, subject, field, message } = (answer ?? {}) as Readonly<Record<string, unknown>>;
  const known =
    typeof code === 'string' && Object.hasOwn(REASONS, code) ? (code as ReasonCode) : 'unavailable';
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const refusal = fault(known, text(subject), text(message));
  return typeof field === 'string' ? { ...refusal, field } : refusal;
}
