/** The controller's admin API: what the command line and the demo ask. Bodies are the types of mesh/model/report. */
import { X509Certificate } from 'node:crypto';
import { reply, type AdminContext } from './admin-context.ts';
import { adminOrders } from './admin-orders.ts';
import { explain, simulate, type Question } from './decide/explain.ts';
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
import type { AdminRequest, AdminRoute } from '../mesh/adapters/admin/admin-routes.ts';
import { fingerprint } from '../mesh/adapters/trust/signed-bundle.ts';
import { err, ok, type Result } from '../mesh/kit/result.ts';
import { fault, type Fault } from '../mesh/model/fault.ts';
import { parseServiceKey, type ServiceKey } from '../mesh/model/names.ts';
import type { SimulateReport, StatusReport } from '../mesh/model/report.ts';

export function adminRoutes(context: AdminContext): readonly AdminRoute[] {
  const { events, discovery } = context;
  const get = (path: string, tell: (known: Knowledge) => unknown): AdminRoute => ({
    ...{ method: 'GET', path, handle: () => reply(ok(tell(knowledge(context)))) },
  });
  const ask = (path: string, answer: (query: URLSearchParams) => Result<unknown, Fault>): AdminRoute => ({
    ...{ method: 'GET', path, handle: ({ query }: AdminRequest) => reply(answer(query)) },
  });
  return [
    get('/v1/status', () => status(context)),
    get('/v1/clusters', () => status(context).clusters),
    get('/v1/services', serviceSummaries),
    get('/v1/exports', exportSummaries),
    get('/v1/imports', importSummaries),
    get('/v1/policies', policySummary),
    get('/v1/endpoints', (known) => endpointSummaries(known, proxyNames(context))),
    get('/v1/events', () => events.all()),
    get('/v1/reports', () => discovery.proxies().flatMap(({ reports }) => reports.at(-1) ?? [])),
    ask('/v1/explain', (query) => explainRoute(query, context)),
    ask('/v1/simulate', (query) => simulateRoute(query, context)),
    ...adminOrders(context),
  ];
}

function knowledge({ decided, exchange, publication }: AdminContext): Knowledge {
  const { local, own } = decided();
  return { local, own, peers: exchange.peers(), services: publication.view().services };
}

function status(context: AdminContext): StatusReport {
  const { authority, decided, discovery, publication, clock, config } = context;
  const known = knowledge(context);
  const proxies = discovery.proxies();
  const { version } = publication.view();
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
  const service = context.publication.view().services.get(to.value);
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
  const { services } = context.publication.view();
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
