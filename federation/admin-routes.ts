/** The controller's admin API: what the command line and the demo ask and order. Bodies are the types of model/report. */
import { X509Certificate } from 'node:crypto';
import type { ControllerOptions } from './controller.ts';
import type { ControllerTrust } from './controller-trust.ts';
import { explain, simulate, type Question } from './decide/explain.ts';
import type { Decided } from './decide/reconcile.ts';
import {
  clusterStatuses,
  endpointSummaries,
  exportSummaries,
  importSummaries,
  policySummary,
  serviceSummaries,
  sharedServices,
  type Knowledge,
} from './decide/status.ts';
import type { DiscoveryServer } from './discovery/discovery-server.ts';
import type { EventLog } from './event-log.ts';
import type { ExchangeManager } from './exchange/exchange.ts';
import { createJoinToken } from './join/create-token.ts';
import { evictMember, leaveMesh } from './join/leave-mesh.ts';
import type { AdminReply, AdminRequest, AdminRoute } from '../mesh/adapters/admin/admin-routes.ts';
import { fingerprint } from '../mesh/adapters/trust/signed-bundle.ts';
import { err, ok, type Result } from '../mesh/kit/result.ts';
import { fault, type Fault } from '../mesh/model/fault.ts';
import { parseLabel, parseServiceKey, type ClusterName, type ServiceKey } from '../mesh/model/names.ts';
import type { SimulateReport, StatusReport } from '../mesh/model/report.ts';
import type { ResourceStore } from '../mesh/ports/resource-store.ts';
import type { StateStore } from '../mesh/ports/state-store.ts';

export interface AdminContext extends ControllerOptions, Omit<ControllerTrust, 'stop'> {
  readonly state: StateStore;
  readonly store: ResourceStore;
  readonly exchange: ExchangeManager;
  readonly events: EventLog;
  readonly discovery: DiscoveryServer;
  readonly decided: () => Decided;
  /** Called after the cluster has left its mesh. */
  readonly hasLeft: () => void;
}

export function adminRoutes(context: AdminContext): readonly AdminRoute[] {
  const { events, discovery } = context;
  const get = (path: string, answer: (request: AdminRequest) => unknown): AdminRoute => ({
    ...{ method: 'GET', path, handle: (request) => reply(asResult(answer(request))) },
  });
  const known = (): Knowledge => knowledge(context);
  return [
    get('/v1/status', () => status(context)),
    get('/v1/explain', ({ query }) => explainRoute(query, context)),
    get('/v1/simulate', ({ query }) => simulateRoute(query, context)),
    get('/v1/services', () => serviceSummaries(known())),
    get('/v1/exports', () => exportSummaries(known())),
    get('/v1/imports', () => importSummaries(known())),
    get('/v1/clusters', () => status(context).clusters),
    get('/v1/policies', () => policySummary(known())),
    get('/v1/endpoints', () => endpointSummaries(known(), proxyNames(context))),
    get('/v1/events', () => events.all()),
    get('/v1/reports', () => discovery.proxies().flatMap(({ reports }) => reports.at(-1) ?? [])),
    ...orders(context),
  ];
}

function orders(context: AdminContext): readonly AdminRoute[] {
  const { exchange, events, store } = context;
  const post = (path: string, order: (body: Body) => Ordered): AdminRoute => ({
    ...{ method: 'POST', path, handle: async ({ body }) => reply(await order(asBody(body))) },
  });
  return [
    post('/v1/tokens', (body) => createToken(body, context)),
    post('/v1/exports', (body) => withService(body['service'], (key) => exportService(key, context))),
    {
      ...{ method: 'DELETE', path: '/v1/exports/:namespace/:name' },
      handle: async ({ params }) =>
        reply(
          await withService(`${params['namespace']}/${params['name']}`, (key) => store.removeExport(key)),
        ),
    },
    post('/v1/leave', () => leave(context)),
    post('/v1/evict', (body) =>
      withCluster(body, (cluster) => {
        const evicted = evictMember({ ...context, cluster });
        if (evicted.ok) events.add(`${cluster}: evicted`);
        return evicted.ok ? ok({ cluster }) : evicted;
      }),
    ),
    post('/v1/forget', (body) => withCluster(body, (cluster) => named(cluster, exchange.forget(cluster)))),
    post('/v1/confirm', (body) =>
      withCluster(body, (cluster) => named(cluster, exchange.confirmSnapshot(cluster))),
    ),
  ];
}

type Body = Readonly<Record<string, unknown>>;
type Ordered = Result<unknown, Fault> | Promise<Result<unknown, Fault>>;

function asBody(body: unknown): Body {
  return typeof body === 'object' && body !== null ? (body as Body) : {};
}

function isResult(value: unknown): value is Result<unknown, Fault> {
  return (
    typeof value === 'object' && value !== null && 'ok' in value && ('value' in value || 'error' in value)
  );
}

function asResult(value: unknown): Result<unknown, Fault> {
  return isResult(value) ? value : ok(value);
}

const STATUSES: Partial<Record<Fault['code'], number>> = {
  not_found: 404,
  invalid_name: 400,
  config_invalid: 400,
  unavailable: 503,
};

function reply(result: Result<unknown, Fault>): AdminReply {
  if (result.ok) return { status: 200, body: result.value };
  const { code, subject, field, message } = result.error;
  return { status: STATUSES[code] ?? 409, body: { code, subject, field, message } };
}

function named(cluster: ClusterName, result: Result<void, Fault>): Result<{ cluster: ClusterName }, Fault> {
  return result.ok ? ok({ cluster }) : result;
}

function withCluster(body: Body, order: (cluster: ClusterName) => Ordered): Ordered {
  const cluster = parseLabel<ClusterName>(body['cluster'], 'cluster');
  return cluster.ok ? order(cluster.value) : cluster;
}

function withService(text: unknown, order: (key: ServiceKey) => Ordered): Ordered {
  const key = parseServiceKey(typeof text === 'string' ? text : '');
  return key.ok ? order(key.value) : key;
}

function exportService(key: ServiceKey, { store }: AdminContext): Ordered {
  if (store.snapshot().services.has(key)) return store.applyExport(key);
  return err(fault('not_found', key, 'there is no Service of this name in the manifests of this cluster'));
}

function createToken(body: Body, context: AdminContext): Ordered {
  const seconds = body['ttlSeconds'];
  const isRight = seconds === undefined || (typeof seconds === 'number' && seconds >= 1 && seconds <= 900);
  if (!isRight) {
    const message = 'is not a number of seconds from 1 to 900';
    return err({ ...fault('config_invalid', 'token', message), field: 'ttlSeconds' });
  }
  const { gateways } = context.decided().own.info;
  return withCluster(body, (cluster) =>
    createJoinToken({
      ...{ ...context, cluster, gateways },
      ...(typeof seconds === 'number' ? { lifeMs: seconds * 1000 } : {}),
    }),
  );
}

/** For the answer to leave before the program ends. */
const GOODBYE_MS = 200;

async function leave(context: AdminContext): Promise<Result<unknown, Fault>> {
  const outcome = await leaveMesh(context);
  if (outcome.ok) context.clock.after(GOODBYE_MS, context.hasLeft);
  return outcome;
}

function knowledge({ decided, exchange, discovery }: AdminContext): Knowledge {
  const { local, own } = decided();
  return { local, own, peers: exchange.peers(), services: discovery.view().services };
}

function status(context: AdminContext): StatusReport {
  const { authority, decided, discovery, clock, config } = context;
  const known = knowledge(context);
  const proxies = discovery.proxies();
  const { version } = discovery.view();
  const sidecars = proxies.filter(({ identity }) => identity.kind === 'workload').length;
  const bundle = authority.bundle();
  return {
    ...{ mesh: config.mesh, cluster: config.cluster, bundleVersion: bundle.version },
    rootFingerprint: fingerprint(new X509Certificate(bundle.roots[0] ?? '').raw),
    sharedServices: sharedServices(known),
    clusters: clusterStatuses(known, new X509Certificate(authority.intermediate()).validToDate.getTime()),
    faults: decided().faults.map(({ cause: _cause, ...shown }) => shown),
    proxies: {
      ...{ sidecars, gateways: proxies.length - sidecars },
      behind: proxies.filter(({ acknowledged }) => acknowledged < version).length,
    },
    now: clock.now(),
  };
}

function proxyNames({ discovery }: AdminContext): ReadonlySet<string> {
  return new Set(discovery.proxies().flatMap(({ registration }) => registration?.proxy ?? []));
}

/** `web.shop` or `shop/web`. */
function readService(text: string | null, field: string): Result<ServiceKey, Fault> {
  const [name, namespace, extra] = (text ?? '').split('.');
  const isDotted = namespace !== undefined && extra === undefined;
  const key = parseServiceKey(isDotted ? `${namespace}/${name}` : (text ?? ''));
  return key.ok ? key : err({ ...key.error, field });
}

/** Without a port: the service's only one, or its first. */
function readQuestion(query: URLSearchParams, context: AdminContext): Result<Question, Fault> {
  const from = readService(query.get('from'), 'from');
  if (!from.ok) return from;
  const to = readService(query.get('to'), 'to');
  if (!to.ok) return to;
  const service = context.discovery.view().services.get(to.value);
  if (service === undefined)
    return err(fault('service_unknown', to.value, 'is no service of this cluster, nor imported into it'));
  const wanted = query.get('port');
  const found = service.ports.find(({ port }) => wanted === null || port === Number(wanted));
  if (found === undefined) return err(fault('service_unknown', to.value, `has no port ${wanted}`));
  return ok(questionOf({ from: from.value, service, port: found.port }, context));
}

function questionOf(
  asked: Pick<Question, 'from' | 'service' | 'port'>,
  { discovery, config: { cluster, region, zone } }: AdminContext,
): Question {
  const callers = discovery
    .proxies()
    .filter(({ registration }) => registration?.kind === 'sidecar' && registration.service === asked.from);
  const place = callers[0]?.registration;
  const vantage = place?.kind === 'sidecar' ? { region: place.region, zone: place.zone } : { region, zone };
  return { ...asked, vantage: { cluster, ...vantage }, histories: callers.map(({ reports }) => reports) };
}

function explainRoute(query: URLSearchParams, context: AdminContext): Result<unknown, Fault> {
  const question = readQuestion(query, context);
  return question.ok ? ok(explain(question.value)) : question;
}

/** Of one route when `from` and `to` are given; of every route that sidecars have reported otherwise. */
function simulateRoute(query: URLSearchParams, context: AdminContext): Result<SimulateReport, Fault> {
  const down = (query.get('down') ?? '').split(',').filter((name) => name !== '');
  if (down.length === 0)
    return err({ ...fault('config_invalid', 'simulate', 'names no cluster or region'), field: 'down' });
  const { services } = context.discovery.view();
  if (query.has('to')) {
    const question = readQuestion(query, context);
    return question.ok ? ok({ down, services: [simulate(question.value, down)] }) : question;
  }
  const routes = new Map<string, Question>();
  for (const { reports } of context.discovery.proxies()) {
    const report = reports.at(-1);
    for (const observed of report?.services ?? []) {
      const service = services.get(observed.service);
      const port = service?.ports[0]?.port;
      if (report === undefined || service === undefined || port === undefined) continue;
      const asked = { from: report.workload, service, port };
      routes.set(`${asked.from} ${service.key}`, questionOf(asked, context));
    }
  }
  return ok({ down, services: [...routes.values()].map((question) => simulate(question, down)) });
}
